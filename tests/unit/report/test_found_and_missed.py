import dataclasses

import numpy as np

from tfl_lite_suite.core.predictions import Predictions
from tfl_lite_suite.evaluate import answers
from tfl_lite_suite.evaluate.result import ClassResult, DecidedFigures
from tfl_lite_suite.report import found_and_missed
from tfl_lite_suite.report.found_and_missed import Missed

ANSWERS = Predictions(
    ("cat", "dog"), tuple("abcdef"), (0, 0, 0, 0, 1, 1), (0, 1, 1, 1, 0, 1), (0.9, 0.6, 0.99, 0.7, 0.8, 0.5)
)


def figures():
    top = np.array(ANSWERS.top1)[:, None]
    given = answers.Answers(top, np.zeros(6, bool), 1.0)
    return answers.figures(given, np.array(ANSWERS.labels), ANSWERS.class_names)


def test_the_summary_leads_with_the_weakest_class():
    page = found_and_missed.summary(figures())
    assert page.index("cat") < page.index(">dog<") and "25.00&nbsp;%" in page and "dog (3)" in page
    decided = DecidedFigures({}, 0.5, None, 0.75, None, ((1, 1, 2), (0, 1, 1)))
    page = found_and_missed.summary(figures(), decided)
    assert "50.00 % of the pictures get an answer" in page and "none of these (2)" in page


def test_results_of_an_earlier_release_are_left_out():
    assert found_and_missed.summary(dataclasses.replace(figures(), per_class=(ClassResult("cat", 3, 1.0),))) == ""
    assert found_and_missed.summary(dataclasses.replace(figures(), per_class=())) == ""


def test_the_surest_errors_of_each_class():
    assert found_and_missed.worst(ANSWERS) == [
        Missed("c", "cat", "dog", 0.99),
        Missed("e", "dog", "cat", 0.8),
        Missed("d", "cat", "dog", 0.7),
    ]


def test_a_card_shows_the_picture_and_its_map():
    pixels = np.zeros((4, 4, 3), np.uint8)
    page = found_and_missed.cards(found_and_missed.worst(ANSWERS), {"c": pixels}, {"c": pixels})
    assert page.count("<img") == 2 and "taken for dog, 99.00 %" in page
    assert found_and_missed.cards([], {}, {}) == ""
