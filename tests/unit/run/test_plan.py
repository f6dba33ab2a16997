import made_up_results
import pytest

from tfl_lite_suite.core import recipe
from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.core.work_folder import Stage, kind_of
from tfl_lite_suite.run import plan
from tfl_lite_suite.run.step import Task


def of(*stages, **more):
    return recipe.parse(
        recipe.Recipe,
        {"name": "x", "data": {"source": "s"}, "model": {"name": "vgg16"}, "stages": list(stages), **more},
        "",
    )


def test_steps_have_names_of_their_own_and_settings():
    steps = plan.steps(of("train", "prune", "prune sparsity=0.8", "convert", "evaluate", "convert"))
    assert [step.name for step in steps] == ["train", "prune", "prune_2", "convert", "evaluate", "convert_2"]
    assert [step.settings.prune.sparsity for step in steps[1:3]] == [None, 0.8]
    assert [kind_of(step.name) for step in steps] == [step.kind for step in steps]


def test_a_teacher_comes_first_and_limits_are_checked_last():
    steps = plan.steps(of("train", "convert", distill={"teacher": "resnet50"}, budget={"max_bytes": 1}))
    assert [step.kind for step in steps] == ["teacher", "train", "convert", "budget"]
    steps = plan.steps(of("train", "convert", "budget", "lint", budget={"max_bytes": 1}))
    assert [step.kind for step in steps] == ["train", "convert", "budget", "lint"]
    assert plan.steps(of("train", distill={"teacher": "a.keras"}))[0].kind == "train"


@pytest.mark.parametrize(
    ("stages", "more", "message"),
    [
        (("train", "evaluate", "convert"), {}, r"stages\[1\]: evaluate comes after convert"),
        (("train", "lint threads=2"), {}, r"stages\[1\]: lint has no settings"),
        (("train", "convert", "budget"), {}, r"stages\[2\]: budget has no limit. Set one"),
        (("train", "convert"), {"budget": {"max_ms": 1}}, r"budget\.max_ms: the stage benchmark must come before it"),
        (("train", "convert", "budget min_top1=0.5"), {}, r"budget\.min_top1: the stage evaluate must come before"),
    ],
)
def test_what_cannot_follow_is_refused(stages, more, message):
    with pytest.raises(SuiteError, match=message):
        plan.steps(of(*stages, **more))


def test_a_plan_tells_what_is_kept_and_guesses_nothing(tmp_path):
    """Steps behind a model that is not there yet are to do, whatever the folder holds of them."""
    settings = of("train", "convert", "lint", "evaluate", "prune", "benchmark")
    counts = {"train": 1, "convert": 2, "lint": 2, "evaluate": 4, "prune": 1, "benchmark": 1}

    def tasks_of(step):
        assert step.kind != "benchmark", "asked though the model before is not there"
        return [Task(Stage(tmp_path, f"{step.name}_{number}", {}), dict) for number in range(counts[step.kind])]

    for name in ("train_0", "convert_0", "convert_1", "evaluate_0", "evaluate_3", "benchmark_0"):
        results = made_up_results.evaluated().document() if name.startswith("evaluate") else {"name": name}
        Stage(tmp_path, name, {}).finish(results)
    before, taken = sorted(tmp_path.rglob("*")), []
    rows = plan.plan(plan.steps(settings), tasks_of, lambda step, done: taken.append((step.name, len(done))))
    assert [row["state"] for row in rows] == ["cached", "cached", "to do", "2 of 4 cached", "to do", "to do"]
    assert taken == [("train", 1), ("convert", 2)]
    assert sorted(tmp_path.rglob("*")) == before
    assert plan.show(rows).splitlines()[3] == "[4/6] evaluate: 2 of 4 cached"


def test_the_clock_counts_steps(capsys):
    clock = plan.Clock(2)
    clock.begin("train", 1, 0)
    clock.begin("evaluate", 4, 3)
    assert capsys.readouterr().err.splitlines() == [
        "[1/2] train",
        "[2/2] evaluate (3 of 4 cached), 0:00 since the start",
    ]
