import dataclasses

import numpy as np
import pytest

from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.evaluate import guessed


@dataclasses.dataclass
class Pictures:
    """As much of a split as the check uses."""

    labels: np.ndarray
    targets: np.ndarray | None = None

    def __len__(self):
        return len(self.labels)

    def subset(self, rows):
        return Pictures(self.labels[rows], None if self.targets is None else self.targets[rows])


def answers(by):
    """Answers rightly by one normalisation, by its mean, and always with class 0 by the others."""
    return lambda way, split: split.labels if way.mean[0] == by else np.zeros_like(split.labels)


@pytest.mark.parametrize("targets", [None, np.eye(4)[np.arange(400) % 4] > 0])
def test_figures_of_chance_are_refused(targets):
    pictures = Pictures(np.arange(400) % 4, targets)
    with pytest.raises(
        SuiteError, match=r"right on \d+ of 100 pictures, .* on 100\. Say it: `mean=127\.5` `std=127\.5`"
    ):
        guessed.check("x.tflite", 3, pictures, answers(127.5))
    with pytest.raises(SuiteError, match="mean=123.675,116.28,103.53` `std=58.395,57.12,57.375"):
        guessed.check("x.tflite", 3, pictures, answers(123.675))


def test_raw_pixels_that_are_right_pass():
    guessed.check("x.tflite", 3, Pictures(np.arange(400) % 4), answers(0))


def test_a_few_pictures_show_nothing():
    guessed.check("x.tflite", 1, Pictures(np.arange(8) % 4), answers(127.5))
