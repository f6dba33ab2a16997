import numpy as np
import pytest

from tfl_lite_suite.train import linear_probe
from tfl_lite_suite.train.linear_probe import Examples


def _examples(count, width=12, classes=3, seed=0, noise=1.0):
    """Clusters around a centre for each class, on features of very different size and offset."""
    generator = np.random.default_rng(seed)
    centres = np.random.default_rng(99).normal(0, 1, (classes, width))
    labels = np.arange(count) % classes
    features = centres[labels] + noise * generator.normal(0, 1, (count, width))
    return Examples((40 * features + 500).astype(np.float32), np.eye(classes, dtype=np.float32)[labels])


def _right(probe, examples):
    return float(np.mean(probe.logits(examples.features).argmax(1) == examples.targets.argmax(1)))


@pytest.mark.parametrize("several", [False, True])
def test_no_other_weights_have_a_smaller_loss(several):
    examples = _examples(60)
    if several:
        examples = Examples(examples.features, np.maximum(examples.targets, np.roll(examples.targets, 1, axis=0)))
    probe = linear_probe.fit(examples, 0.01, several)
    scale = float(np.sqrt(examples.features.var(0).mean()))

    def value(kernel, bias):
        logits = examples.features.astype(np.float64) @ kernel + bias
        return linear_probe.loss(logits, examples.targets, several) + 0.005 * float(np.sum((kernel * scale) ** 2))

    best = value(probe.kernel.astype(np.float64), probe.bias)
    generator = np.random.default_rng(1)
    for _ in range(20):
        moved = probe.kernel + generator.normal(0, 0.03 / scale, probe.kernel.shape)
        assert value(moved, probe.bias - examples.features.mean(0) @ (moved - probe.kernel)) > best


def test_a_start_elsewhere_ends_at_the_same_place():
    examples = _examples(90)
    strong, weak = linear_probe.fit(examples, 1.0), linear_probe.fit(examples, 0.01)
    again = linear_probe.fit(examples, 1.0, start=weak)
    np.testing.assert_allclose(again.logits(examples.features), strong.logits(examples.features), atol=2e-2)


def test_the_penalty_that_is_chosen_answers_new_examples_best():
    few, many = _examples(24, width=60, noise=4.0), _examples(900, width=60, seed=5, noise=4.0)
    by_folds = linear_probe.choose(few, None)
    by_others = linear_probe.choose(few, many)
    losses = {
        strength: linear_probe.loss(linear_probe.fit(few, strength).logits(many.features), many.targets)
        for strength in linear_probe.STRENGTHS
    }
    assert losses[by_others] <= 1.001 * min(losses.values())
    assert losses[by_folds] < 0.7 * losses[linear_probe.STRENGTHS[-1]]


def test_weights_count_as_repetitions():
    examples = _examples(30)
    twice = np.where(examples.targets.argmax(1) == 0, 2, 1)
    repeated = examples.subset(np.repeat(np.arange(30), twice))
    weighted = Examples(examples.features, examples.targets, twice.astype(np.float32))
    # The features' mean and scale differ, so the penalty, too, a little.
    given, expected = (linear_probe.fit(found, 1e-4).logits(examples.features) for found in (weighted, repeated))
    np.testing.assert_allclose(given, expected, atol=0.5)
    unweighted = linear_probe.fit(examples, 1e-4).logits(examples.features)
    assert np.abs(given - expected).mean() < np.abs(unweighted - expected).mean()


def test_joined_examples_keep_their_weights():
    one, other = _examples(6), _examples(3, seed=1)
    weighted = Examples(other.features, other.targets, np.full(3, 4, np.float32))
    joined = one.joined(weighted)
    assert len(joined) == 9 and joined.weights is not None and joined.weights.tolist() == [1] * 6 + [4] * 3
    assert one.joined(other).weights is None


def test_a_class_with_one_picture_and_constant_features_are_no_trouble():
    examples = _examples(30)
    lonely = examples.subset(np.array([*range(0, 30, 3), *range(1, 30, 3), 2]))
    assert linear_probe.choose(lonely, None) in linear_probe.STRENGTHS
    flat = Examples(np.ones((6, 4), np.float32), examples.targets[:6])
    logits = linear_probe.fit(flat, 0.1).logits(flat.features)
    assert np.isfinite(logits).all() and np.ptp(logits) < 1e-3
