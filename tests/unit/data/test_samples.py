import numpy as np
import pytest

from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.core.recipe import Data
from tfl_lite_suite.data import samples


def listing(*names):
    count = len(names)
    return samples.Listing(
        source="folder",
        class_names=names,
        keys=tuple(str(i) for i in range(count)),
        labels=np.arange(count),
        parts=("",) * count,
        fingerprint="",
        read=lambda index: np.full((2, 2, 1), index, np.uint8),
    )


@pytest.mark.parametrize(
    "names, labels, expected",
    [
        (("cat", "dog"), ("dog", "emu", "cat"), [2, 0]),
        (("1", "10"), tuple(str(i) for i in range(11)), [1, 10]),
        (("0", "2"), ("cat", "dog", "emu"), [0, 2]),
        (("a", "b"), ("cat", "dog"), [0, 1]),
        (("0", "1"), (), None),
        (("cat", "owl"), ("cat", "dog"), None),
        (("a", "b", "c"), ("cat", "dog"), None),
        (("0", "7"), ("cat", "dog", "emu"), None),
    ],
)
def test_classes_are_mapped_to_labels(names, labels, expected):
    if expected is None:
        with pytest.raises(SuiteError, match="folder: its classes do not match the model's"):
            samples.class_indices(listing(*names), labels)
    else:
        assert samples.class_indices(listing(*names), labels).tolist() == expected


def test_subset_of_a_listing_reads_the_same_pictures():
    part = listing("a", "b", "c").subset(np.array([2, 0]))
    assert part.keys == ("2", "0") and part.labels.tolist() == [2, 0]
    assert part.read(0).max() == 2 and part.read(1).max() == 0
    assert part.fingerprint != listing("a", "b", "c").fingerprint


def test_split_reads_at_random():
    images = np.arange(10, dtype=np.uint8).reshape(10, 1, 1, 1)
    split = samples.Split(images.__getitem__, np.array([5, 7, 9]), np.array([0, 2, 2]), ["a", "b", "c"], 4)
    assert len(split) == 3 and split.class_counts == (1, 0, 2, 0)
    assert split.images([2, 0]).ravel().tolist() == [9, 5]
    part = split.subset([1, 2])
    assert part.keys == ("b", "c") and part.labels.tolist() == [2, 2] and part.images([0]).ravel().tolist() == [7]
    assert sorted(split.sample(2, 0).ravel().tolist()) in ([5, 7], [5, 9])
    assert len(split.sample(9, 0)) == 3


def test_contract_of_a_recipe():
    data = Data(source="x", resolution=224, crop_fraction=0.875, color="grey", fit="stretch", contrast="stretch")
    contract = samples.contract_for(data, ["a", "b"])
    assert contract.image_shape == (224, 224, 1)
    assert (contract.resize_height, contract.resize_width) == (256, 256)
    assert (contract.fit, contract.contrast, contract.labels) == ("stretch", "stretch", ("a", "b"))


def test_a_balanced_epoch_shows_every_class_equally_often():
    labels = np.repeat([0, 1, 2], [30, 9, 3])
    split = samples.Split(lambda rows: rows, np.arange(42), labels, [""] * 42, 3, balanced=True)
    order = split.epoch_order(0, 0)
    assert np.bincount(labels[order]).tolist() == [14, 14, 14]
    assert np.bincount(order[labels[order] == 2]).max() == 5 and len(set(order[labels[order] == 0])) == 14
    assert split.epoch_order(0, 1).tolist() != order.tolist() == split.epoch_order(0, 0).tolist()
    plain = samples.Split(lambda rows: rows, np.arange(42), labels, [""] * 42, 3)
    assert sorted(plain.epoch_order(0, 0)) == list(range(42))


def test_pictures_are_drawn_evenly_over_the_classes():
    labels = np.repeat([0, 1, 2], [30, 9, 3])
    split = samples.Split(lambda rows: rows, np.arange(42), labels, [""] * 42, 3)
    assert np.bincount(labels[split.evenly(9, 0)]).tolist() == [3, 3, 3]
    assert np.bincount(labels[split.evenly(20, 0)]).tolist()[2] == 3
    assert split.evenly(100, 0).tolist() == list(range(42))


def test_contract_of_a_picture_that_is_not_square():
    contract = samples.contract_for(Data(source="x", resolution=(96, 160), crop_fraction=0.8), ["a", "b"])
    assert contract.image_shape == (96, 160, 3)
    assert (contract.resize_height, contract.resize_width) == (120, 200)


def test_joined_splits_show_the_pictures_of_both_in_any_order():
    first, second = (np.arange(start, start + 3, dtype=np.uint8).reshape(3, 1, 1, 1) for start in (0, 10))
    splits = [
        samples.Split(images.__getitem__, np.arange(3), np.arange(3), list("abc"), 3) for images in (first, second)
    ]
    joined = splits[0].subset([0, 2]).joined(splits[1])
    assert len(joined) == 5 and joined.labels.tolist() == [0, 2, 0, 1, 2]
    assert joined.images([4, 0, 2, 1]).ravel().tolist() == [12, 0, 10, 2]
    assert joined.images([1]).ravel().tolist() == [2] and joined.images([]).shape == (0, 1, 1, 1)


def test_classes_that_stand_for_labels_by_their_order_alone_are_told():
    (note,) = samples.order_notes(listing("a", "b"), ("cat", "dog"))
    assert "taken in sorted order, 'a' as 'cat', 'b' as 'dog'" in note
    for names, labels in ((("cat",), ("cat", "dog")), (("0", "1"), ("cat", "dog")), (("a", "b"), ("0", "1"))):
        assert samples.order_notes(listing(*names), labels) == []
