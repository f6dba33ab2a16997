import dataclasses

import made_up_results
import numpy as np

from tfl_lite_suite.evaluate import answers, text


def evaluation(classes):
    """What `evaluate` prints for as many classes, with one picture of each but the last, all answered with class 0."""
    labels = np.arange(classes - 1)
    found = answers.Answers(np.zeros((classes - 1, 1), np.int64), np.zeros(classes - 1, bool), 1.0)
    figures = answers.figures(found, labels, [f"class {index}" for index in range(classes)])
    return made_up_results.evaluated(**{**figures.fields(), "others": {}})


def test_classes_without_pictures_are_left_out_and_unknown_figures_are_a_dash():
    shown = text.show(evaluation(3))
    assert "class 0" in shown and "class 1" in shown and "class 2" not in shown
    assert "calibration error –" in shown


def test_of_many_classes_the_weakest_are_shown():
    shown = text.show(evaluation(30))
    assert "the 20 weakest classes" in shown and "class 0 " not in shown


def test_of_several_labels_the_figures_are_map_and_f1():
    figures = evaluation(3)
    assert "mAP" not in text.show(figures)
    several = {"mean_average_precision": 0.91, "micro_f1": 0.82, "exact_match": 0.73}
    shown = text.show(dataclasses.replace(figures, **several))
    assert "several labels: mAP 91.00 %, micro F1 82.00 %, exactly the right classes 73.00 %" in shown
