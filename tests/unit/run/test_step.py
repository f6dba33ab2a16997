import pytest

from tfl_lite_suite.core.work_folder import Stage
from tfl_lite_suite.run.step import Task


@pytest.mark.parametrize(("results", "counts"), [({"valid": True}, True), ({"valid": False}, False), ({}, True)])
def test_a_measurement_that_does_not_count_is_not_kept(tmp_path, results, counts):
    task = Task(Stage(tmp_path, "benchmark", {}), dict)
    assert task.kept() is None
    task.stage.finish(results)
    assert task.kept() == (results if counts else None)
