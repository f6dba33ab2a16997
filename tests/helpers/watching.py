"""A model, pictures and a source for tests of watching."""

import collections

import numpy as np
import quadrant_models

from tfl_lite_suite.core.contract import Contract
from tfl_lite_suite.core.decision import Decision, Frames, Reject
from tfl_lite_suite.tflite import metadata_writer
from tfl_lite_suite.watch.sources import Frame, Source

NAMES = ("north-west", "north-east", "south-west", "south-east")


def write_model(path, decision=None):
    """Writes a classifier of grey 4x4 pictures: the brightest quadrant."""
    contract = Contract(4, 4, 1, 4, 4, labels=NAMES)
    content = quadrant_models.quadrants(dtype="int8")
    path.write_bytes(metadata_writer.write(content, contract, name="quadrants", decision=decision))
    return str(path)


def bright(quadrant, level=200, side=4):
    """A grey picture as RGB with one bright quadrant; −1: evenly grey."""
    pixels = np.full((side, side, 3), 10, np.uint8)
    half = side // 2
    if quadrant >= 0:
        row, column = divmod(quadrant, 2)
        pixels[row * half : (row + 1) * half, column * half : (column + 1) * half] = level
    return pixels


class Given(Source):
    """Gives frames from a list, `None` where the list has it."""

    def __init__(self, pictures, name="given"):
        self.name, self._left, self.closed = name, collections.deque(pictures), False
        self.finished = not self._left

    def next(self, seconds):
        picture = self._left.popleft()
        self.finished = not self._left
        return None if picture is None else Frame(picture, 1_700_000_000.0)

    def close(self):
        self.closed = True


REJECTING = Decision(reject=Reject("max_probability", 0.9))
STEADY = Decision(frames=Frames(window=3, share=0.6))
