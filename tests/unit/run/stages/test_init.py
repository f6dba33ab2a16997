import collections
import json

import own_folders
import pytest
import run_states
from pictures import write_classes

from tfl_lite_suite import run
from tfl_lite_suite.core import recipe
from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.run import stages

COUNT = '''
"""Counts the classes."""

from tfl_lite_suite.core.work_folder import Stage
from tfl_lite_suite.run.stages import StageKind
from tfl_lite_suite.run.step import Task


class CountClasses(StageKind):
    def tasks(self, state, step):
        stage = Stage(state.workdir, step.name, {"source": step.settings.data.source})
        return [Task(stage, lambda: stage.finish({"classes": len(state.images().class_names)}))]

    def outcome(self, results):
        return f"{results['classes']} kinds of pictures"


STAGE = CountClasses()
'''


def test_a_module_in_a_folder_is_a_stage_of_recipe_run_and_report(tmp_path, monkeypatch):
    own_folders.add(monkeypatch, tmp_path / "own", "run/stages/count_classes.py", COUNT)
    assert "count_classes" in recipe.known_stages()
    source = write_classes(tmp_path / "pictures", {"cat": 12, "dog": 12, "owl": 12})
    settings = run_states.settings(
        data={"source": str(source), "resolution": 16, "color": "grey"}, stages=["count_classes", "count_classes"]
    )
    results = run.Run(settings, str(tmp_path / "work")).run()
    assert results["count_classes"] == results["count_classes_2"] == {"classes": 3}
    assert json.loads((tmp_path / "work" / "results.json").read_text())["count_classes"] == {"classes": 3}
    assert "3 kinds of pictures" in (tmp_path / "work" / "report.html").read_text()
    assert [row["state"] for row in run.Run(settings, str(tmp_path / "work")).plan()] == ["cached", "cached"]


def test_every_module_is_a_stage_and_internal_ones_are_not_for_recipes():
    known = recipe.known_stages()
    assert {"train", "prune", "quantize", "convert", "lint", "evaluate", "benchmark", "budget"} <= set(known)
    assert not set(stages.INTERNAL) & set(known)
    for kind in (*known, *stages.INTERNAL):
        assert isinstance(stages.get(kind), stages.StageKind)


def test_an_unknown_stage_gives_the_nearest():
    with pytest.raises(SuiteError, match="unknown stage 'trian'. Did you mean 'train'"):
        stages.get("trian")


def test_what_takes_files_comes_after_convert():
    nothing = collections.Counter()
    with pytest.raises(SuiteError, match=r"stages\[1\]: lint comes after convert"):
        stages.get("lint").check(run_states.settings(), nothing, "stages[1]", "lint")
    stages.get("lint").check(run_states.settings(), collections.Counter(convert=1), "stages[1]", "lint")
