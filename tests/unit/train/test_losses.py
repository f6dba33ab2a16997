import numpy as np
import pytest

from tfl_lite_suite.train.losses import cross_entropy


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_smoothing_spreads_a_share_over_all_classes(smoothing):
    logits = np.float32([[2, 0, -1], [0, 1, 0]])
    targets = np.float32([[1, 0, 0], [0, 0, 1]])
    log_softmax = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    smooth = targets * (1 - smoothing) + smoothing / 3
    expected = -(smooth * log_softmax).sum(axis=1).mean()
    assert float(cross_entropy(smoothing)(None, targets, logits)) == pytest.approx(expected, rel=1e-5)
