import numpy as np
import pytest

from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.core.recipe import Augment
from tfl_lite_suite.data import pipeline
from tfl_lite_suite.data.samples import Split

NOTHING = Augment()
EVERYTHING = Augment(
    flip=True, crop=0.2, color=0.3, rand_augment_layers=1, mixup=0.3, cutmix=1.0, erasing=0.5, rand_augment_magnitude=5
)


def split(count=23, channels=3):
    images = np.random.default_rng(0).integers(0, 256, (count, 12, 10, channels), np.uint8)
    return Split(images.__getitem__, np.arange(count), np.arange(count) % 4, [str(i) for i in range(count)], 4)


def batches(augment=NOTHING, seed=0, first=0, epochs=1, of=None):
    made = pipeline.training_batches(of or split(), 5, augment, seed, first, epochs, 4)
    return [(images.numpy(), labels.numpy()) for images, labels in made]


def test_shapes_types_and_count():
    found = batches(epochs=3)
    assert len(found) == 3 * pipeline.steps_per_epoch(split(), 5) == 12
    images, labels = found[0]
    assert images.shape == (5, 12, 10, 3) and images.dtype == np.float32
    assert labels.shape == (5, 4) and labels.dtype == np.float32
    assert (labels.sum(axis=1) == 1).all() and set(np.unique(labels)) == {0, 1}


@pytest.mark.parametrize("augment", [NOTHING, Augment(flip=True)])
def test_what_else_is_known_stands_behind_each_pictures_labels(augment):
    of = split()
    beside = np.stack([np.arange(23), of.labels], axis=1).astype(np.float32)
    found = [labels.numpy() for _, labels in pipeline.training_batches(of, 5, augment, 0, 0, 1, 4, beside=beside)]
    assert found[0].shape == (5, 6)
    rows = np.concatenate(found)
    assert (rows[:, :4].argmax(1) == rows[:, 5]).all() and (of.labels[rows[:, 4].astype(int)] == rows[:, 5]).all()
    assert len(set(rows[:, 4])) == 20


def test_static_shapes_are_known():
    spec = pipeline.training_batches(split(), 5, EVERYTHING, 0, 0, 1, 4).element_spec
    assert spec[0].shape == (5, 12, 10, 3) and spec[1].shape == (5, 4)


def test_an_epoch_has_each_picture_at_most_once_with_its_own_label():
    of = split()
    place = {of.images([i]).tobytes(): i for i in range(len(of))}
    epochs = []
    for epoch in (0, 1):
        seen = []
        for images, labels in batches(first=epoch, epochs=epoch + 1):
            rows = [place[image.astype(np.uint8).tobytes()] for image in images]
            assert (labels.argmax(1) == of.labels[rows]).all()
            seen += rows
        assert len(set(seen)) == len(seen) == 20
        epochs.append(seen)
    assert epochs[0] != epochs[1]


@pytest.mark.parametrize("channels", [1, 3])
def test_resumed_training_sees_the_same_batches(channels):
    whole = batches(augment=EVERYTHING, seed=7, epochs=3, of=split(channels=channels))
    rest = batches(augment=EVERYTHING, seed=7, first=2, epochs=3, of=split(channels=channels))
    assert len(whole) == 12 and len(rest) == 4
    for (images, labels), (again, labels_again) in zip(whole[8:], rest, strict=True):
        np.testing.assert_array_equal(images, again)
        np.testing.assert_array_equal(labels, labels_again)
    other = batches(augment=EVERYTHING, seed=8, first=2, epochs=3, of=split(channels=channels))
    assert not np.array_equal(rest[0][0], other[0][0])


@pytest.mark.parametrize("augment", [NOTHING, EVERYTHING, Augment(rand_augment_layers=2, mixup=0.2)])
def test_parts_of_all_processes_are_the_whole_batches(augment):
    """Picture by picture, with the same changes; one process makes two of the three parts of a batch."""
    of = split(26)
    whole = list(pipeline.training_batches(of, 12, augment, 3, 1, 3, 4))
    made = [
        iter(pipeline.training_batches(of, 12, augment, 3, 1, 3, 4, pipeline.Parts(3, first, count)))
        for first, count in ((0, 1), (1, 2))
    ]
    for images, labels in whole:
        parts = [next(made[0]), next(made[1]), next(made[1])]
        np.testing.assert_allclose(np.concatenate([part[0] for part in parts]), images, atol=1e-3)
        np.testing.assert_allclose(np.concatenate([part[1] for part in parts]), labels, atol=1e-6)
    assert all(next(rest, None) is None for rest in made)


def test_steps_differ_in_their_changes():
    same = np.random.default_rng(0).integers(0, 256, (1, 12, 10, 3), np.uint8)
    of = Split(lambda rows: np.repeat(same, len(rows), 0), np.arange(10), np.zeros(10, int), list("abcdefghij"), 4)
    first, second = batches(augment=Augment(color=0.5), of=of)
    assert not np.array_equal(first[0], second[0])


def test_too_few_pictures_for_a_batch_are_refused():
    with pytest.raises(SuiteError, match="train.batch_size: 24 is more than the 23 training pictures"):
        pipeline.steps_per_epoch(split(), 24)


def test_evaluation_is_in_order_with_the_remainder():
    of = split()
    found = list(pipeline.evaluation_batches(of, 10))
    assert [len(images) for images, _ in found] == [10, 10, 3]
    np.testing.assert_array_equal(np.concatenate([images for images, _ in found]), of.images(range(23)))
    np.testing.assert_array_equal(np.concatenate([labels for _, labels in found]), of.labels)
    assert list(pipeline.evaluation_batches(of.subset([]), 10)) == []
