import io

import numpy as np
import pytest
from PIL import Image

from tfl_lite_suite.core.contract import Contract
from tfl_lite_suite.data import cut_away
from tfl_lite_suite.data.samples import Listing


def listing(*pictures):
    keys = tuple(map(str, range(len(pictures))))
    labels = np.zeros(len(pictures), np.int64)
    return Listing("here", ("a",), keys, labels, ("",) * len(pictures), "f", lambda place: pictures[place])


def jpeg(width, height, orientation=1):
    image, stream = Image.new("RGB", (width, height)), io.BytesIO()
    exif = image.getexif()
    exif[0x0112] = orientation
    image.save(stream, "JPEG", exif=exif)
    return stream.getvalue()


def contract(height, width, fit):
    return Contract(
        height=height, width=width, channels=3, resize_height=height, resize_width=width, fit=fit, labels=("a", "b")
    )


def test_a_crop_to_a_square_cuts_the_long_side():
    square = contract(48, 48, "crop")
    assert cut_away.share(listing(jpeg(320, 240)), square) == pytest.approx(0.25)
    assert cut_away.share(listing(np.zeros((64, 64, 3), np.uint8)), square) == 0
    assert cut_away.share(listing(jpeg(320, 240), jpeg(100, 100)), square) == pytest.approx(0.125)


def test_nothing_is_cut_where_the_picture_is_stretched_or_has_the_shape():
    assert cut_away.share(listing(jpeg(320, 240)), contract(48, 48, "stretch")) == 0
    assert cut_away.share(listing(jpeg(240, 320, orientation=6)), contract(48, 64, "crop")) == 0


def test_a_file_that_says_no_size_does_not_count():
    assert cut_away.share(listing(b"no picture", jpeg(320, 240)), contract(48, 48, "crop")) == pytest.approx(0.25)
    assert cut_away.share(listing(b"no picture"), contract(48, 48, "crop")) == 0
