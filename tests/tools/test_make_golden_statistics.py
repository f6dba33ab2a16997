import tool_modules
from places import GOLDEN

make = tool_modules.load("make_golden_statistics")


def test_the_golden_file_is_what_the_suite_computes():
    assert (GOLDEN / "statistics.json").read_text() == make.content(), "run tools/make_golden_statistics.py"


def test_it_holds_both_ends_of_the_number_of_resamples():
    assert {case["resamples"] for case in make.cases()} >= {250, 999, 1000}
