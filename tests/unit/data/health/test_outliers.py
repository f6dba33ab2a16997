import numpy as np
import pytest
from PIL import Image, ImageFilter

from tfl_lite_suite.data.health import outliers
from tfl_lite_suite.data.health.looked import SIDE, Looked


def looked(**changes):
    random = np.random.default_rng(0)
    small = np.zeros((40, SIDE, SIDE, 3), np.uint8)
    for cells in (6, 60):
        for place in range(40):
            noise = Image.fromarray(random.integers(0, 128, (cells, cells, 3), np.uint8))
            small[place] += np.asarray(noise.resize((SIDE, SIDE), Image.Resampling.BILINEAR))
    sizes = np.tile([[300, 400]], (40, 1))
    return Looked(small, sizes, ("",) * 40, np.zeros(40, bool), np.full(40, 0.1, np.float32), {}), changes


@pytest.fixture
def seen():
    return looked()[0]


def test_nothing_is_found_in_pictures_of_one_kind(seen):
    for kind in (outliers.blank, outliers.tiny, outliers.masks, outliers.sideways, outliers.blurred, outliers.colours):
        assert len(kind(seen)) == 0, kind.__name__


def test_pictures_of_twelve_bits_are_dim_and_not_blank(seen):
    seen.small[:] //= 16
    seen.small[0] = 9
    seen.few_values[:] = 0.99
    assert outliers.dim(seen).tolist() == list(range(1, 40))
    assert outliers.blank(seen).tolist() == [0] and len(outliers.masks(seen)) == 0


def test_a_single_dark_picture_is_blank(seen):
    seen.small[3] //= 64
    assert outliers.dim(seen).tolist() == [] and outliers.blank(seen).tolist() == [3]


def test_each_outlier_is_found(seen):
    seen.small[1] = 90
    seen.small[2] = np.asarray(Image.fromarray(seen.small[2]).filter(ImageFilter.GaussianBlur(2)))
    seen.small[3] = seen.small[3].mean(axis=2, keepdims=True)
    seen.sizes[4] = (60, 80)
    seen.sizes[5] = (400, 300)
    seen.few_values[6] = 0.99
    assert outliers.blank(seen).tolist() == [1]
    assert outliers.blurred(seen).tolist() == [2]
    assert outliers.tiny(seen).tolist() == [4]
    assert outliers.sideways(seen).tolist() == [5]
    assert outliers.masks(seen).tolist() == [6]
    assert 3 in outliers.colours(seen)


def test_what_most_of_a_set_is_is_no_outlier(seen):
    seen.few_values[:30] = 1.0
    assert len(outliers.masks(seen)) == 0
    seen.sizes[:] = 28
    assert len(outliers.tiny(seen)) == 0


def test_unreadable_pictures_are_left_to_others(seen):
    seen.sizes[0] = 0
    seen.small[0] = 0
    assert 0 not in outliers.blank(seen) and 0 not in outliers.tiny(seen)
