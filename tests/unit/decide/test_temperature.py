import numpy as np
import pytest

from tfl_lite_suite.core.decision import Decision
from tfl_lite_suite.core.decision_rules import probabilities
from tfl_lite_suite.decide import temperature


def drawn(heat, mode, count=4000, classes=4):
    """Scores, and labels drawn with the probabilities that the scores mean at a temperature."""
    rng = np.random.default_rng(3)
    scores = rng.normal(0, 4, (count, classes))
    chances = probabilities(Decision(mode=mode, temperature=heat), scores)
    if mode == "multi":
        return scores, rng.random(chances.shape) < chances
    labels = (chances.cumsum(axis=1) < rng.random((count, 1))).sum(axis=1)
    return scores, labels[:, None] == np.arange(classes)


@pytest.mark.parametrize("mode", ["single", "multi"])
@pytest.mark.parametrize("heat", [0.5, 1.0, 3.0])
def test_the_temperature_of_the_labels_is_found(heat, mode):
    assert temperature.fit(*drawn(heat, mode), mode) == pytest.approx(heat, rel=0.08)


def test_few_pictures_without_errors_claim_no_certainty():
    scores = np.tile([[3.0, 0.0]], (20, 1))
    found = temperature.fit(scores, np.tile([[True, False]], (20, 1)), "single")
    assert probabilities(Decision(temperature=found), scores)[0, 0] == pytest.approx(21 / 22, abs=0.01)


def test_nan_is_left_out():
    scores, truth = drawn(2.0, "single")
    broken = np.concatenate([scores, np.full((3, 4), np.nan)])
    assert temperature.fit(broken, np.concatenate([truth, truth[:3]]), "single") == temperature.fit(
        scores, truth, "single"
    )
    assert temperature.fit(broken[-3:], truth[:3], "single") == 1.0
