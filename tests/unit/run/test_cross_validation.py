import pytest
from made_up_results import ledger_row

from tfl_lite_suite.core.recipe import Data, Model, Recipe
from tfl_lite_suite.run import cross_validation, several_runs
from tfl_lite_suite.run.seed_comparison import LedgerOfRun


def run(fold, top1, **more):
    return LedgerOfRun("r", 0, fold, [ledger_row("float32", "litert 2", top1=top1, **{"n": 1000} | more)])


def test_the_mean_over_folds_has_an_interval():
    (row,) = cross_validation.summary(
        [run(0, 0.8, macro_f1=0.7), run(1, 0.9, macro_f1=0.8), run(2, 0.85, macro_f1=None)]
    )
    assert row.folds == (0, 1, 2) and row.top1_folds == (0.8, 0.9, 0.85)
    assert row.top1 == pytest.approx(0.85) and row.top1_ci95 == pytest.approx((0.7258, 0.9742), abs=1e-4)
    keys = ["recipe", "name", "runtime", "folds", "top1", "top1_ci95", "top1_folds"]
    assert list(row.document()) == keys
    (both,) = cross_validation.summary([run(0, 0.8, macro_f1=0.7), run(1, 0.9, macro_f1=0.8)])
    assert list(both.document()) == [*keys, "macro_f1", "macro_f1_ci95", "macro_f1_folds"]
    assert cross_validation.table([row]).markdown().splitlines()[2] == (
        "| r | float32 | litert 2 | 3 | 85.00 % (72.58 … 97.42) | – | – | 80.00 % |"
    )


def test_folds_that_are_all_right_still_have_an_interval():
    (row,) = cross_validation.summary(
        [run(fold, 1.0, balanced_accuracy=1.0, macro_f1=1.0, n=40, balanced_n=10.0) for fold in range(5)]
    )
    assert row.top1_ci95 == pytest.approx((0.9812, 1.0), abs=1e-4)
    assert row.balanced_accuracy_ci95 == row.macro_f1_ci95 == pytest.approx((0.9287, 1.0), abs=1e-4)


def test_every_fold_is_a_run_of_its_own(tmp_path):
    jobs = several_runs.folds(Recipe("r", Data("x"), Model("micro")), 3, tmp_path, ("--recipe=r.yaml",))
    assert [job.settings.data.fold for job in jobs] == [(0, 3), (1, 3), (2, 3)]
    assert jobs[1].flags == ("--recipe=r.yaml", "--set=data.fold=[1,3]") and jobs[1].name == "r, seed 0, fold 2 of 3"
    assert len({job.workdir for job in jobs}) == 3 and jobs[2].described()["fold"] == 2
