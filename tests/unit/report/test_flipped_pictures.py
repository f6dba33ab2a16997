import base64
import io

import numpy as np
from PIL import Image

from tfl_lite_suite.report import flipped_pictures
from tfl_lite_suite.run.result import ModelFlips

FLIPS = [
    ModelFlips.from_document(document)
    for document in (
        {"name": "a", "runtime": "r", "flips": [{"key": "1", "label": "x", "before": "y", "after": "x"}]},
        {
            "name": "b",
            "runtime": "r",
            "flips": [
                {"key": "1", "label": "x", "before": "y", "after": "z"},
                {"key": "2", "label": "x", "before": "x", "after": "<b>"},
            ],
        },
        {"name": "c", "runtime": "r", "flips": [{"key": "2", "label": "x", "before": "x", "after": "<b>"}]},
    )
]


def test_pictures_are_gathered_over_models_the_lost_ones_first():
    lost, other = flipped_pictures.gather(FLIPS, {("a", "r"): 1, ("b", "r"): 2})
    assert (lost.key, lost.lost, lost.changes) == ("2", 2, {("x", "<b>"): ["2", "c"]})
    assert [other.verdict(change) for change in other.changes] == ["gained", "still wrong"]


def test_cards_escape_and_hold_the_picture_where_there_is_one():
    pixels = np.zeros((8, 6, 1), np.uint8)
    page = flipped_pictures.cards(flipped_pictures.gather(FLIPS, {}), {"1": pixels})
    assert page.count("<img") == 1 and page.count('class="card"') == 2
    assert "x → &lt;b&gt;, lost: b, c" in page
    assert flipped_pictures.cards([], {}) == ""


def test_a_data_uri_is_a_small_png_of_the_same_pixels():
    pixels = np.random.default_rng(0).integers(0, 256, (20, 30, 3), np.uint8)
    kind, _, content = flipped_pictures.data_uri(pixels).partition(",")
    assert kind == "data:image/png;base64"
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(base64.b64decode(content)))), pixels)
    large = flipped_pictures.data_uri(np.zeros((500, 250, 3), np.uint8)).partition(",")[2]
    assert Image.open(io.BytesIO(base64.b64decode(large))).size == (48, 96)
