import numpy as np
import pytest

from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.decide import wishes
from tfl_lite_suite.decide.wishes import Wishes


def test_shares_and_costs_as_flags_give_them():
    assert wishes.shares("min_recall", ["crack=0.95", "a=b=1"]) == {"crack": 0.95, "a=b": 1.0}
    assert wishes.shares("max_false_alarms", ["0.01", "crack=0.02"], True) == {"": 0.01, "crack": 0.02}
    assert wishes.costs("crack:good=20,good:none=0.5") == {("crack", "good"): 20.0, ("good", "none"): 0.5}
    assert wishes.costs("") == {}


@pytest.mark.parametrize("item", ["0.95", "crack", "crack=x", "crack=1.5", "crack=nan", "=0.5"])
def test_strange_shares_are_refused(item):
    with pytest.raises(SuiteError, match="min_recall: expected CLASS=SHARE"):
        wishes.shares("min_recall", [item])
    with pytest.raises(SuiteError, match="twice"):
        wishes.shares("min_recall", ["a=0.5", "a=0.6"])


@pytest.mark.parametrize("text", ["crack=2", "crack:good", "crack:good=-1", "missing.csv"])
def test_strange_costs_are_refused(text):
    with pytest.raises(SuiteError, match="costs: "):
        wishes.costs(text)


def test_a_matrix_from_a_file(tmp_path):
    (tmp_path / "c.csv").write_text("true,good,crack,none\ngood,0,1,0.5\ncrack,20,0,2\n")
    found = wishes.costs(str(tmp_path / "c.csv"))
    assert found["crack", "good"] == 20.0
    assert wishes.cost_matrix(found, ("crack", "good")).tolist() == [[0, 20, 2], [1, 0, 0.5]]
    (tmp_path / "c.csv").write_text("true,good\ngood,0,1\n")
    with pytest.raises(SuiteError, match="has 3 cells, not 2"):
        wishes.costs(str(tmp_path / "c.csv"))


def test_other_costs_are_those_of_any_error():
    assert np.array_equal(wishes.cost_matrix({}, ("a", "b")), [[0, 1, 1], [1, 0, 1]])


def test_names_must_be_the_models():
    with pytest.raises(SuiteError, match=r"min_recall: unknown class 'crak'\. Did you mean 'crack'"):
        Wishes({"crak": 0.9}).check(("crack", "good"))
    with pytest.raises(SuiteError, match="costs: unknown class 'bad'"):
        Wishes(costs={("crack", "bad"): 1.0}).check(("crack", "good"))
    Wishes({"crack": 0.9}, {"": 0.1}, costs={("crack", "none"): 1.0}).check(("crack", "good"))


def test_whom_a_limit_without_name_concerns():
    assert Wishes({"crack": 0.9}, {"": 0.1}).limit_of("good") is None
    assert Wishes({"crack": 0.9}, {"": 0.1}).limit_of("crack") == 0.1
    assert Wishes({}, {"": 0.1}).limit_of("good") == 0.1
    assert Wishes({}, {"": 0.1, "good": 0.2}).limit_of("good") == 0.2
