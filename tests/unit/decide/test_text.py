from tfl_lite_suite.decide import text
from tfl_lite_suite.decide.result import WishCheck


def row(**changes):
    of = {"wish": "min_recall", "of": "crack", "wanted": 0.95, "received": 0.96, "ci95": (0.9, 0.99), "n": 100}
    return WishCheck(**(of | {"met": True} | changes))


def test_warnings_say_what_can_be_had():
    assert text.warnings([row()]) == []
    (unmet,) = text.warnings([row(received=0.5, ci95=(0.4, 0.6), met=False)])
    assert "95.00 % cannot be kept" in unmet and "50.00 % (95 % interval 40.00 % … 60.00 %)" in unmet
    (few,) = text.warnings([row(n=12, received=1.0)])
    assert "12 pictures" in few and "at least 19 are needed" in few
    (none,) = text.warnings([row(n=0, received=None, ci95=None, met=False)])
    assert "no picture of it" in none


def test_a_class_that_is_never_found_is_told():
    found = [{"name": "crack", "n": 9, "recall": 0.0}, {"name": "dent", "n": 0, "recall": None}]
    assert text.warnings([], found) == ["none of the 9 pictures of crack is found"]
    assert text.warnings([row()], found) == ["none of the 9 pictures of crack is found, with these wishes"]
