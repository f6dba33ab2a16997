import numpy as np
import pytest
from PIL import Image, ImageEnhance, ImageOps

from tfl_lite_suite.core.framework import tf
from tfl_lite_suite.core.recipe import Augment
from tfl_lite_suite.data import augment


def pictures(count=8, height=16, width=12, channels=3, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (count, height, width, channels)).astype(np.float32)


def draw(seed=0, step=0):
    return augment.Draw(tf.constant([seed, step], tf.int64))


def labels(count=8, classes=4):
    return np.eye(classes, dtype=np.float32)[np.arange(count) % classes]


def chosen(images, name, signed):
    operation = tf.fill((len(images),), augment.RAND_AUGMENT_OPERATIONS.index(name))
    return augment.rand_augment_chosen(tf.constant(images), operation, tf.fill((len(images),), signed)).numpy()


def test_nothing_asked_changes_nothing():
    images, soft = augment.apply(tf.constant(pictures()), tf.constant(labels()), Augment(), draw())
    np.testing.assert_array_equal(images, pictures())
    np.testing.assert_array_equal(soft, labels())


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize(
    "change",
    [
        {"flip": True},
        {"crop": 0.3},
        {"color": 0.9},
        {"rand_augment_layers": 3, "rand_augment_magnitude": 10.0},
        {"mixup": 0.4},
        {"cutmix": 1.0},
        {"mixup": 0.4, "cutmix": 1.0},
        {"erasing": 1.0},
    ],
)
def test_every_change_keeps_shape_range_and_label_mass(change, channels):
    given = pictures(channels=channels)
    images, soft = augment.apply(tf.constant(given), tf.constant(labels()), Augment(**change), draw(3, 4))
    assert images.shape == given.shape and images.dtype == tf.float32
    assert np.isfinite(images).all() and np.min(images) >= 0 and np.max(images) <= 255
    np.testing.assert_allclose(np.sum(soft, axis=1), 1, atol=1e-6)
    assert not np.array_equal(images, given)


def test_draws_are_independent_and_repeatable():
    first, again = draw(), draw()
    values = [first.uniform((4,)).numpy() for _ in range(3)]
    np.testing.assert_array_equal(again.uniform((4,)), values[0])
    assert not np.array_equal(values[0], values[1])
    assert not np.array_equal(draw(step=1).uniform((4,)), values[0])
    assert 0 <= float(draw().beta(0.2)) <= 1


def test_beta_has_the_mean_and_spread_of_the_distribution():
    values = np.array([float(draw(step=step).beta(2.0)) for step in range(400)])
    assert abs(values.mean() - 0.5) < 0.05 and abs(values.var() - 0.05) < 0.015


def test_flip_mirrors_some():
    given = pictures(64)
    flipped = augment.flip(tf.constant(given), draw()).numpy()
    kinds = [
        "same" if np.array_equal(a, b) else "mirrored" if np.array_equal(a, b[:, ::-1]) else "other"
        for a, b in zip(flipped, given, strict=True)
    ]
    assert set(kinds) == {"same", "mirrored"} and 16 < kinds.count("same") < 48


def test_crop_shifts_by_whole_pixels_where_it_does_not_zoom():
    given = pictures(64)
    moved = augment.crop(tf.constant(given), draw(), 0.25).numpy()

    def shifts(image, original):
        padded = np.pad(original, ((4, 4), (4, 4), (0, 0)), "edge")
        return any(
            np.array_equal(image, padded[4 + y : 20 + y, 4 + x : 16 + x]) for y in range(-4, 5) for x in range(-3, 4)
        )

    whole = sum(shifts(image, original) for image, original in zip(moved, given, strict=True))
    assert 16 < whole < 48


def test_mixup_mixes_labels_as_pixels():
    given, mass = pictures(), labels()
    images, soft = augment.mixup(tf.constant(given), tf.constant(mass), draw(), 1.0)
    share = float(soft[1, 1])
    assert 0 < share < 1
    np.testing.assert_allclose(images, share * given + (1 - share) * np.roll(given, 1, 0), rtol=1e-4)


def test_cutmix_mixes_labels_by_area():
    ones = np.arange(8, dtype=np.float32)[:, None, None, None] * np.ones((8, 16, 12, 3), np.float32)
    images, soft = augment.cutmix(tf.constant(ones), tf.constant(np.eye(8, dtype=np.float32)), draw(), 1.0)
    kept = (images.numpy()[..., 0] == np.arange(8)[:, None, None]).mean(axis=(1, 2))
    np.testing.assert_allclose(np.diag(soft), kept, atol=1e-6)
    assert (kept < 1).any()


def test_erasing_fills_one_rectangle_of_its_share():
    given = np.full((200, 16, 12, 3), -1, np.float32)
    erased = augment.erase(tf.constant(given), draw(), 0.5).numpy()[..., 0] >= 0
    touched = erased.any(axis=(1, 2))
    assert 60 < touched.sum() < 140
    for mask in erased[touched]:
        rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
        assert mask.sum() == (np.ptp(rows) + 1) * (np.ptp(columns) + 1) <= 0.5 * mask.size


@pytest.mark.parametrize("name", augment.RAND_AUGMENT_OPERATIONS)
def test_no_operation_reaches_another_picture(name):
    given = (pictures(8, 32, 32) * 0.6 + 40).round()
    operation = np.zeros(8, np.int32)
    operation[3] = augment.RAND_AUGMENT_OPERATIONS.index(name)
    signed = tf.fill((8,), 0.7)
    changed = augment.rand_augment_chosen(tf.constant(given), tf.constant(operation), signed).numpy()
    others = np.arange(8) != 3
    np.testing.assert_array_equal(changed[others], given[others])
    assert np.array_equal(changed[3], given[3]) == (name == "identity")


@pytest.mark.parametrize(
    "name, signed, pillow, tolerance",
    [
        ("auto_contrast", 0.9, ImageOps.autocontrast, 1),
        ("equalize", 0.9, ImageOps.equalize, 1),
        ("posterize", 1.0, lambda image: ImageOps.posterize(image, 4), 0),
        ("solarize", 0.5, lambda image: ImageOps.solarize(image, 128), 0),
        ("brightness", -0.5, lambda image: ImageEnhance.Brightness(image).enhance(0.55), 1),
        ("contrast", 0.5, lambda image: ImageEnhance.Contrast(image).enhance(1.45), 2),
        ("color", -0.5, lambda image: ImageEnhance.Color(image).enhance(0.55), 2),
        ("sharpness", 0.5, lambda image: ImageEnhance.Sharpness(image).enhance(1.45), 2),
    ],
)
def test_operations_agree_with_pillow(name, signed, pillow, tolerance):
    # A picture without the extremes, and large enough for a histogram that can be flattened.
    given = (pictures(2, 40, 32) * 0.6 + 40).round()
    changed = chosen(given, name, signed)
    for image, original in zip(changed, given, strict=True):
        expected = np.asarray(pillow(Image.fromarray(original.astype(np.uint8)))).astype(np.float32)
        inside = np.s_[1:-1, 1:-1] if name == "sharpness" else np.s_[:, :]
        assert np.abs(image[inside] - expected[inside]).max() <= tolerance


@pytest.mark.parametrize("name, axis", [("translate_x", 1), ("translate_y", 0)])
def test_translation_moves_by_its_share(name, axis):
    given = pictures(1, 20, 20)
    moved = chosen(given, name, 1.0)[0]
    assert (np.take(moved, [-1, -2], axis) == 127.5).all()
    np.testing.assert_array_equal(np.take(moved, range(11), axis), np.take(given[0], range(9, 20), axis))


def test_rotation_turns_around_the_centre():
    given = np.zeros((2, 15, 15, 1), np.float32)
    given[:, 7, :] = 255
    turned = augment.rand_augment_chosen(
        tf.constant(given), tf.fill((2,), augment.RAND_AUGMENT_OPERATIONS.index("rotate")), tf.constant([1.0, -1.0])
    ).numpy()
    np.testing.assert_allclose(turned[:, 7, 7], 255, atol=1)
    np.testing.assert_allclose(turned[0], turned[1, ::-1], atol=0.1)
    assert turned[0, 7, 13] < 100
