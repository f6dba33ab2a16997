import pytest

from tfl_lite_suite.core.work_folder import Stage
from tfl_lite_suite.run.step import Task


@pytest.mark.parametrize(("results", "counts"), [({"valid": True}, True), ({"valid": False}, False), ({}, True)])
def test_a_measurement_that_does_not_count_is_not_kept(tmp_path, results, counts):
    task = Task(Stage(tmp_path, "benchmark", {}), dict)
    assert task.kept() is None
    task.stage.finish(results)
    assert task.kept() == (results if counts else None)


def test_what_was_done_is_told_as_a_later_run_tells_it(tmp_path):
    stage = Stage(tmp_path, "train", {})
    task = Task(stage, lambda: stage.finish({"top1": float("nan"), "shape": (1, 2)}))
    assert task.done() == task.kept() == {"top1": None, "shape": [1, 2]}
