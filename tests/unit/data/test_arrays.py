import gc

import numpy as np
import pytest

from tfl_lite_suite import data
from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.core.recipe import Data
from tfl_lite_suite.data import arrays

X = np.random.default_rng(0).integers(0, 256, (12, 20, 30, 3), np.uint8)


def test_a_recipe_finds_the_pictures_while_they_are_held():
    listing = arrays.register(X, [0, 1, 2] * 4, ["a", "b", "c"])
    found = data.load(Data(source=listing.source, resolution=16, validation_fraction=0.2, test_fraction=0.2), 0)
    assert found.class_names == ("a", "b", "c")
    assert len(found.train) + len(found.validation) + len(found.test) == 12
    again = arrays.register(X.copy(), [0, 1, 2] * 4, ["a", "b", "c"])
    assert again is listing and arrays.register(X, [0] * 6 + [1] * 6).source != listing.source
    name = listing.source
    del listing, again, found
    gc.collect()
    with pytest.raises(SuiteError, match="were pictures in the memory"):
        data.listing_of(name)


def test_names_come_from_the_labels_where_none_are_given():
    assert arrays.register(X[:3], ["oak", "birch", "oak"]).class_names == ("birch", "oak")
    assert arrays.register(X[:3], np.array([0, 2, 0])).class_names == ("0", "1", "2")
    assert arrays.register(X[:2], ["b", "a"], ["b", "a"]).labels.tolist() == [0, 1]


def test_parts_are_kept():
    listing = arrays.register(X, [0, 1] * 6, parts=["train"] * 8 + ["test"] * 4)
    assert listing.part_indices("test").tolist() == [8, 9, 10, 11]


@pytest.mark.parametrize(
    "arguments, said",
    [
        ((X, [0, 1]), "y: expected one for each of the 12 pictures. Received: 2"),
        ((X, [0, 5] * 6, ["a", "b"]), "y: expected indices from 0 to 1, one for each name. Received: 0 to 5"),
        ((X, ["a", "c"] * 6, ["a", "b"]), "y: class 'c' is not one of the names: a, b"),
        ((X, np.zeros((12, 2))), r"y: expected one class a picture, of shape \(n,\). Received: \(12, 2\)"),
        ((X, [0.5] * 12), "y: expected the indices of classes, or their names. Received: an array of float64"),
        ((X, [0, 1] * 6, ["a", "a"]), "names: a name stands there twice. Received: a, a"),
        ((X[0, 0], [0] * 30), r"x\[0\]: expected an array of shape"),
        ((X[:0], []), "x: expected at least one picture"),
        ((X, [0, 1] * 6, None, ["train"] * 11 + ["tset"]), "parts: expected train, validation, test. Received: 'tset'"),
    ],
)
def test_what_does_not_fit_is_said(arguments, said):
    with pytest.raises(SuiteError, match=said):
        arrays.register(*arguments)
