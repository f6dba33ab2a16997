import pytest
from made_up_results import ledger_row

from tfl_lite_suite.run import seed_comparison


def run(recipe, seed, **top1):
    rows = [ledger_row(name, "litert 2", top1=value) for name, value in top1.items()]
    return seed_comparison.LedgerOfRun(recipe, seed, 0, rows)


RUNS = [
    run("plain", 0, train=0.80, int8_qat=0.79),
    run("plain", 1, train=0.82, int8_qat=0.80),
    run("plain", 2, train=0.81),
    run("distilled", 0, train=0.83),
    run("distilled", 1, train=0.83),
    run("distilled", 2, train=0.84),
]


def test_the_interval_is_students():
    """Gosset's sleep data, 1908, as in R's help of t.test: mean difference 1.58, interval 0.70 to 2.46."""
    extra = [1.2, 2.4, 1.3, 1.3, 0.0, 1.0, 1.8, 0.8, 4.6, 1.4]
    assert seed_comparison.interval(extra) == pytest.approx((0.7001, 2.4599), abs=1e-3)
    assert seed_comparison.interval([0.5]) is None


def test_the_interval_goes_on_smoothly_behind_the_table():
    """t for 11, 30 and 60 degrees of freedom is 2.2010, 2.0423 and 2.0003."""
    for freedom, expected in ((11, 2.2010), (30, 2.0423), (60, 2.0003)):
        values = [(-1.0) ** index for index in range(freedom + 1)]
        least, most = seed_comparison.interval(values)
        spread = (sum((value - sum(values) / len(values)) ** 2 for value in values) / freedom) ** 0.5
        assert (most - least) / 2 / spread * len(values) ** 0.5 == pytest.approx(expected, abs=3e-3)


def test_recipes_are_compared_seed_by_seed():
    plain, qat, distilled = seed_comparison.summary(RUNS)
    assert (plain.recipe, plain.name, plain.top1) == ("plain", "train", pytest.approx(0.81))
    assert plain.seeds == (0, 1, 2) and qat.seeds == (0, 1)
    assert list(plain.document()) == ["recipe", "name", "runtime", "seeds", "top1", "ci95"]
    assert (distilled.against, distilled.better, distilled.of) == ("plain", 3, 3)
    assert distilled.points == pytest.approx((0.03 + 0.01 + 0.03) / 3)
    assert distilled.points_ci95 == pytest.approx((-0.00535, 0.05202), abs=1e-4)


def test_one_seed_in_common_has_no_interval():
    one = seed_comparison.summary([run("plain", 0, train=0.5), run("other", 0, train=0.75)])[1]
    assert one.points == 0.25 and one.document()["points_ci95"] is None


def test_the_table_shows_what_one_seed_cannot_say():
    lines = seed_comparison.table(seed_comparison.summary(RUNS)).markdown().splitlines()
    assert len(lines) == 5 and lines[4].endswith("| plain | +2.33 (-0.54 … +5.20) | 3 of 3 |")
    (only,) = seed_comparison.table(seed_comparison.summary(RUNS[:1])).markdown().splitlines()[2:3]
    assert only == "| plain | train | litert 2 | 1 | 80.00 % | – | – | – |"
