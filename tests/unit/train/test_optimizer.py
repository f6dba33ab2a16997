import numpy as np
import pytest

from tfl_lite_suite.core.recipe import Train
from tfl_lite_suite.train.optimizer import WarmupCosine, optimizer_of


def test_warm_up_then_cosine():
    schedule = WarmupCosine(0.4, 100, 20)
    rates = np.array([float(schedule(step)) for step in range(100)])
    assert rates.max() == rates[19] == pytest.approx(0.4)
    np.testing.assert_allclose(np.diff(rates[:20]), 0.02, rtol=1e-4)
    assert rates[60] == pytest.approx(0.2) and rates[99] < 0.001


@pytest.mark.parametrize("name", ["sgd", "adam", "adamw", "rmsprop"])
def test_every_optimizer_takes_its_settings(name):
    made = optimizer_of(Train(optimizer=name, weight_decay=0.001, clip_norm=2.0), 0.1, 10, 2)
    assert float(made.weight_decay) == pytest.approx(0.001) and float(made.global_clipnorm) == 2
