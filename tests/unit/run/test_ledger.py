import dataclasses

import pytest

from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.core.predictions import Predictions
from tfl_lite_suite.run import ledger
from tfl_lite_suite.run.ledger import Entry
from tfl_lite_suite.run.result import Flip

LABELS = (0, 1, 0, 1, 0, 1, 0, 1, 0, 1)


def answers(wrong, other=()):
    """Ten pictures of two classes; those whose places are in `wrong` are answered wrongly, `other` with NaN."""
    top1 = [1 - label if place in wrong else label for place, label in enumerate(LABELS)]
    top1 = [-1 if place in other else answer for place, answer in enumerate(top1)]
    return Predictions(("cat", "dog"), tuple("abcdefghij"), LABELS, tuple(top1))


FLOAT = Entry("train", "TensorFlow", answers({0}), is_baseline=True)
PRUNED = Entry("prune", "TensorFlow", answers({1, 2}), "train")
FILE = Entry("int8_ptq", "litert 2", answers({1, 2}, {9}), "prune")
TEACHER = Entry("teacher", "TensorFlow", answers(set()))


def test_each_model_against_its_source_and_the_float_network():
    teacher, train, prune, file = ledger.rows([TEACHER, FLOAT, PRUNED, FILE])
    assert (teacher.top1, train.top1, prune.top1, file.top1) == (1.0, 0.9, 0.8, pytest.approx(0.7))
    assert train.against_float is None and train.change is None and train.n == 10
    assert teacher.against_float.gained == 1 and teacher.change is None
    assert (prune.source, prune.flips, prune.agreement) == ("train", 3, pytest.approx(0.7))
    assert (prune.change.gained, prune.change.lost, prune.change.points) == (1, 2, -0.1)
    assert prune.change == prune.against_float
    assert (file.flips, file.change.lost, file.against_float.lost) == (1, 1, 3)
    assert file.change.verdict == "not shown"


def test_the_document_has_the_keys_of_the_interface_and_is_read_back():
    train, prune = ledger.rows([FLOAT, PRUNED])
    keys = ["name", "runtime", "n", "top1", "balanced_accuracy", "macro_f1", "calibration_error", "source"]
    assert list(train.document()) == [*keys, "against_float", "balanced_n"]
    assert list(prune.document()) == [*keys, "against_float", "agreement", "flips", "change", "balanced_n"]
    change = ["gained", "lost", "points", "ci95", "verdict", "metrics", "recall"]
    assert list(prune.document()["change"]) == change
    assert list(prune.document()["change"]["recall"][0]) == ["name", *change[:5]]
    assert ledger.LedgerRow.from_json(prune.to_json()) == prune and prune.balanced_n > 0


def test_other_metrics_are_compared_picture_by_picture():
    sure = tuple([0.9] * 10)
    before = dataclasses.replace(FLOAT, answers=dataclasses.replace(FLOAT.answers, confidence=sure))
    after = dataclasses.replace(PRUNED, answers=dataclasses.replace(PRUNED.answers, confidence=sure))
    first, second = ledger.rows([before, after])
    assert (first.balanced_accuracy, first.calibration_error) == (pytest.approx(0.9), pytest.approx(0.0))
    found = second.change.metrics
    assert found["balanced_accuracy"]["difference"] == pytest.approx(-0.1) and not found["macro_f1"]["shown"]
    assert found["calibration_error"]["after"] == pytest.approx(0.1)
    assert [(row.name, row.gained, row.lost) for row in second.change.recall] == [
        ("cat", 1, 1),
        ("dog", 0, 1),
    ]


def test_many_losses_are_a_loss():
    many = Predictions(("cat", "dog"), tuple(map(str, range(1000))), (0,) * 1000, (0,) * 1000)
    worse = dataclasses.replace(many, top1=(1,) * 20 + (0,) * 980)
    (_, row) = ledger.rows([dataclasses.replace(FLOAT, answers=many), dataclasses.replace(PRUNED, answers=worse)])
    assert row.change.verdict == "loss" and row.change.ci95[1] < 0
    assert "-2.00 (" in ledger.table([row]).markdown() and "a loss" in ledger.table([row]).markdown()


def test_flips_name_pictures_and_classes():
    assert ledger.flips(PRUNED.answers, FILE.answers) == [Flip("j", "dog", "dog", "NaN")]
    found = ledger.all_flips([FLOAT, PRUNED, FILE])
    assert [(row.name, row.source, len(row.flips)) for row in found] == [
        ("prune", "train", 3),
        ("int8_ptq", "prune", 1),
    ]


def test_a_source_outside_the_run_is_no_change():
    (row,) = ledger.rows([FILE])
    assert row.change is None and row.against_float is None
    assert ledger.table([row]).markdown().splitlines()[2] == "| int8_ptq | litert 2 | 70.00 % | – | – | – | – | – |"


def test_other_pictures_are_refused():
    other = dataclasses.replace(FILE.answers, keys=tuple("abcdefghiX"))
    with pytest.raises(SuiteError, match="train and int8_ptq answered different pictures"):
        ledger.rows([FLOAT, PRUNED, dataclasses.replace(FILE, answers=other)])


def test_several_labels_a_picture_are_compared_class_by_class():
    one, other = (
        Predictions(("a", "b"), ("x", "y", "z"), (1, 0, -1), top, shown=([0, 1], [0], []), answered=answered)
        for top, answered in (((0, 0, 1), ([0, 1], [0], [])), ((0, 1, 1), ([0], [], [1])))
    )
    entries = [ledger.Entry("train", "TensorFlow", one, None, True), ledger.Entry("int8", "litert", other, "train")]
    first, second = ledger.rows(entries)
    assert first.top1 == pytest.approx(2 / 3) and first.macro_f1 == 1
    assert second.top1 == pytest.approx(1 / 3) and second.macro_f1 == pytest.approx((2 / 3 + 0) / 2)
    assert [(change.name, change.lost) for change in second.change.recall] == [("a", 1), ("b", 1)]
    assert ledger.flips(one, other) == [Flip("y", "a", "a", "b")]
