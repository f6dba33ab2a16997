import gc

import pytest

from tfl_lite_suite.api.work import Work
from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.core.work_folder import at_work


def test_steps_have_names_of_their_own(tmp_path):
    work = Work(tmp_path / "work")
    names = []
    for kind in ("train", "prune", "train"):
        with work.step(kind) as name:
            names.append(name)
    assert names == ["train", "prune", "train_2"]
    assert work.folder == tmp_path / "work" and work.folder.is_dir()


def test_a_step_that_was_interrupted_is_tried_again_under_its_name(tmp_path):
    work = Work(tmp_path)
    with pytest.raises(KeyboardInterrupt), work.step("train"):
        raise KeyboardInterrupt
    with work.step("train") as name:
        assert name == "train"


def test_a_folder_in_which_another_process_works_is_refused(tmp_path):
    with at_work(tmp_path), pytest.raises(SuiteError, match="^workdir: another run is using"):
        with Work(tmp_path).step("train"):
            pass
    with Work(tmp_path).step("train") as name:
        assert name == "train"


def test_a_temporary_folder_goes_with_its_object():
    work = Work(None)
    folder = work.folder
    assert folder.is_dir()
    del work
    gc.collect()
    assert not folder.exists()
