import numpy as np
import pytest
from PIL import Image, ImageEnhance

from tfl_lite_suite.data.health import duplicates


def scene(seed, side=96):
    """A picture with large and small structure, unlike any other."""
    random = np.random.default_rng(seed)
    noise = [Image.fromarray(random.integers(0, 256, (cells, cells, 3), np.uint8)) for cells in (4, 12, 30)]
    layers = [np.asarray(image.resize((side, side), Image.Resampling.BICUBIC)) for image in noise]
    return np.average(np.stack(layers), axis=0, weights=(4, 2, 1)).astype(np.uint8)


def cut(image):
    return image.crop((5, 3, 94, 92)).resize(image.size, Image.Resampling.BILINEAR)


CHANGES = {
    "brighter": lambda image: ImageEnhance.Brightness(image).enhance(1.2),
    "smaller": lambda image: image.resize((40, 40)).resize(image.size),
    "cut": cut,
    "turned": lambda image: image.rotate(2, Image.Resampling.BILINEAR, fillcolor=(128, 128, 128)),
}


@pytest.mark.parametrize("change", CHANGES)
def test_changed_copies_are_found_and_nothing_else(change):
    pictures = [scene(seed) for seed in range(40)]
    copy = np.asarray(CHANGES[change](Image.fromarray(pictures[7])))
    assert duplicates.near_pairs(np.stack([*pictures, copy])) == [(7, 40)]


def test_many_copies_of_one_picture_are_found():
    pictures = np.stack([*(scene(seed) for seed in range(30)), *([scene(3)] * 20)])
    groups = duplicates.grouped(duplicates.near_pairs(pictures))
    assert groups == [[3, *range(30, 50)]]


def test_blank_pictures_and_small_sets_are_no_copies():
    blank = np.full((10, 96, 96, 3), 200, np.uint8)
    assert duplicates.near_pairs(blank) == [] and duplicates.near_pairs(blank[:0]) == []


def test_groups_follow_pairs():
    assert duplicates.grouped([(5, 6), (1, 2), (2, 9)]) == [[1, 2, 9], [5, 6]]


@pytest.mark.parametrize("columns", [3, 16, 17, 50, 257])
def test_the_greatest_values_are_those_of_a_full_sort(columns):
    values = np.random.default_rng(columns).normal(size=(20, columns))
    places, found = duplicates._greatest(values, min(16, columns - 1))
    order = np.argsort(-values, axis=1)[:, : min(16, columns - 1)]
    assert np.array_equal(places, order) and np.array_equal(found, np.take_along_axis(values, order, axis=1))
