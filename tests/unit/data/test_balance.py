import numpy as np
import pytest

from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.core.recipe import Data, Model, Recipe, Train
from tfl_lite_suite.data import balance
from tfl_lite_suite.data.samples import Split


def split(*counts, targets=None):
    labels = np.repeat(np.arange(len(counts)), counts)
    return Split(lambda rows: rows, np.arange(len(labels)), labels, [str(row) for row in labels], len(counts), targets)


def test_imbalance_and_weights():
    assert balance.imbalance([60, 20]) == 3 and balance.imbalance([3, 0]) == float("inf")
    weights = balance.class_weights([60, 20])
    np.testing.assert_allclose(weights, [40 / 60, 2])
    assert np.repeat(weights, [60, 20]).mean() == pytest.approx(1)


@pytest.mark.parametrize(
    "counts, of, several, expected",
    [
        ((60, 60), "none", False, ("cross_entropy", "top1")),
        ((60, 6), "none", False, ("logit_adjusted", "macro_f1")),
        ((60, 6), "sample", False, ("cross_entropy", "macro_f1")),
        ((60, 60), "none", True, ("binary", "macro_f1")),
    ],
)
def test_auto_is_resolved(counts, of, several, expected):
    found = split(*counts, targets=np.ones((sum(counts), 2), bool) if several else None)
    chosen = balance.resolved(Train(loss="auto", select="auto"), found, of)
    assert balance.resolved(Train(loss="auto"), found, of, transfers=True).loss in ("binary", "cross_entropy")
    assert (chosen.loss, chosen.select) == expected


def test_several_labels_need_a_loss_for_them():
    with pytest.raises(SuiteError, match="train.loss: 'focal' is for one label a picture"):
        balance.resolved(Train(loss="focal"), split(1, 1, targets=np.ones((2, 2), bool)))


def test_notes_say_what_was_chosen_or_what_to_choose():
    def of(train, *counts):
        return balance.notes(Recipe("x", Data("y"), Model("z"), train), split(*counts))

    assert of(Train(), 5, 5) == []
    assert of(Train(loss="auto", select="auto"), 60, 6) == [
        "train.loss: auto chose logit_adjusted; train.select: auto chose macro_f1 (the commonest class has 10 times as "
        "many training pictures as the rarest)"
    ]
    assert "(every class has as many training pictures)" in of(Train(select="auto"), 5, 5)[0]
    assert "auto chose top1 (the commonest class has 4.8 times as many" in of(Train(select="auto"), 24, 5)[0]
    assert of(Train(), 60, 6) == [
        "warning: the commonest class has 10 times as many training pictures as the rarest. To make the rare ones "
        "count: train --set=train.loss=auto --set=train.select=auto"
    ]
    assert of(Train(loss="logit_adjusted", select="macro_f1"), 60, 6) == []


def test_two_remedies_at_once_are_refused():
    with pytest.raises(SuiteError, match="logit_adjusted and data.balance: weights both make up for rare classes"):
        Recipe("x", Data("y", balance="weights"), Model("z"), Train(loss="logit_adjusted"))
