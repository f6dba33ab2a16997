import numpy as np

from tfl_lite_suite.data.health import labels


def clouds(counts, apart, seed=0):
    random = np.random.default_rng(seed)
    truth = np.repeat(np.arange(len(counts)), counts)
    centres = random.normal(size=(len(counts), 20)) * apart
    return (centres[truth] + random.normal(size=(len(truth), 20))).astype(np.float32), truth


def test_wrong_labels_are_found():
    features, truth = clouds([100, 100, 100], 2)
    given = truth.copy()
    given[[3, 150, 299]] = [1, 2, 0]
    found = labels.suspects(features, given, 3)
    assert set(found.places) == {3, 150, 299} and found.accuracy > 0.95
    assert dict(zip(found.places, found.likely, strict=True)) == {3: 0, 150: 1, 299: 2}


def test_a_rare_class_is_not_called_mislabelled():
    features, truth = clouds([400, 12], 2)
    assert len(labels.suspects(features, truth, 2).places) <= 2


def test_features_that_tell_nothing_accuse_nobody():
    features, truth = clouds([100, 100, 100], 0)
    found = labels.suspects(features, truth, 3)
    assert len(found.places) == 0 and found.accuracy < labels.LEAST_ACCURACY


def test_answers_are_those_of_a_fit_without_the_picture():
    features, truth = clouds([12, 8], 1)
    penalty = labels._PENALTIES
    labels._PENALTIES = (0.1,)
    try:
        fits, _ = labels._fits(features, truth, 2)
    finally:
        labels._PENALTIES = penalty
    kept = np.arange(20) != 5
    rows = np.c_[features, np.ones(20)]
    weight = 20 / (2 * np.array([12, 8])[truth])
    inner = rows[kept].T @ (weight[kept, None] * rows[kept]) + 0.1 * 20 * np.eye(21)
    answer = rows[5] @ np.linalg.solve(inner, rows[kept].T @ (weight[kept, None] * np.eye(2)[truth[kept]]))
    np.testing.assert_allclose(fits[5], answer, rtol=1e-3, atol=1e-4)


def test_own_features_see_edges_and_colours():
    small = np.zeros((3, 96, 96, 3), np.uint8)
    small[1, :, 48:] = 255
    small[2, :, :, 0] = 255
    found = labels.own_features(small)
    assert found.shape == (3, 768) and np.isfinite(found).all()
    assert found[1, :512].sum() > found[0, :512].sum() and found[2, -64:].argmax() == 48
