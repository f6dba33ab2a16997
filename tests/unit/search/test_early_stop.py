import pytest

from tfl_lite_suite.search.early_stop import Reference, beaten_by

SMALL = {"model.alpha": 0.5, "scheme": "int8_ptq", "train.learning_rate": 0.1}
GOOD = Reference(7, SMALL, (0.5, 0.7, 0.8, 0.9))


@pytest.mark.parametrize(
    ("change", "curve", "epochs", "stops"),
    [
        ({"model.alpha": 1.0}, (0.3, 0.6), 4, True),
        ({"model.alpha": 1.0, "train.learning_rate": 9.0}, (0.3, 0.6), 4, True),
        ({}, (0.3, 0.6), 4, True),
        ({"scheme": "int8_qat"}, (0.3, 0.6), 4, True),
        # Within the margin; too early; at the end there is nothing to save.
        ({}, (0.3, 0.69), 4, False),
        ({}, (0.1,), 4, False),
        ({}, (0.1,) * 4, 4, False),
        # It may be smaller or faster.
        ({"model.alpha": 0.25}, (0.3, 0.6), 4, False),
        ({"scheme": "float32"}, (0.3, 0.6), 4, False),
        ({"model.name": "other"}, (0.3, 0.6), 4, False),
        # The same share of other numbers of epochs: half of eight is compared with half of four.
        ({}, (0.3, 0.4, 0.5, 0.6), 8, True),
        ({}, (0.6, 0.6, 0.6), 8, False),
    ],
)
def test_only_what_costs_no_less_and_learns_worse_is_stopped(change, curve, epochs, stops):
    assert beaten_by({**SMALL, **change}, curve, epochs, [GOOD]) == (GOOD if stops else None)


def test_what_compression_took_from_the_other_counts():
    lossy = Reference(7, SMALL, GOOD.curve, loss=0.1)
    assert beaten_by(SMALL, (0.3, 0.6), 4, [lossy]) is None
    assert beaten_by(SMALL, (0.3, 0.6), 4, [lossy, GOOD]) == GOOD
    assert beaten_by(SMALL, (0.3, 0.6), 4, []) is None
