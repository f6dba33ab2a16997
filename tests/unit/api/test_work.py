import gc

from tfl_lite_suite.api.work import Work


def test_steps_have_names_of_their_own(tmp_path):
    work = Work(tmp_path / "work")
    assert [work.name(step) for step in ("train", "prune", "train", "train")] == [
        "train",
        "prune",
        "train_2",
        "train_3",
    ]
    assert work.folder == tmp_path / "work" and work.folder.is_dir()


def test_a_temporary_folder_goes_with_its_object():
    work = Work(None)
    folder = work.folder
    assert folder.is_dir()
    del work
    gc.collect()
    assert not folder.exists()
