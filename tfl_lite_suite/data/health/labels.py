"""Pictures whose label does not fit what they look like.

A linear classifier of each picture's features is fitted to all other pictures, and asked. That takes no training: the
answers of ridge regression without the picture itself follow from those with it (Cook and Weisberg, 1982, section 2.2).
The features are the suite's own, from gradients, colours and coarse pixels; those of a pretrained network stand beside
them where they are given.
"""

import dataclasses
import os
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from PIL import Image

from tfl_lite_suite.core.types import Array

# How much more another class must fit than a picture's own, where right answers are 1 and wrong ones 0.
MARGIN = 0.25
# More than this share of the pictures cannot be called mislabelled: then the features do not tell the classes apart.
MOST = 0.05
# Share of pictures of each class that must be answered rightly for the answers to say anything about labels.
LEAST_ACCURACY = 0.6
LARGEST = 20_000
_PENALTIES = (1e-3, 1e-2, 1e-1, 1.0, 10.0)
_SIDE, _CELLS, _DIRECTIONS = 64, 8, 8
_CHUNK = 64


@dataclasses.dataclass(frozen=True)
class Suspects:
    """Pictures that look mislabelled, the clearest first.

    Attributes:
        places: Their places, int64 `(k,)`.
        likely: The class that fits each better, int64 `(k,)`.
        accuracy: Mean over the classes of the share of pictures whose label fits best; `None` where nothing was judged.
    """

    places: Array
    likely: Array
    accuracy: float | None


def suspects(features: Array, labels: Array, classes: int) -> Suspects:
    """Finds pictures whose label does not fit their features.

    Args:
        features: float32 `(n, k)`, each picture's.
        labels: Class of each picture, int64 `(n,)`.
        classes: Number of classes.
    """
    nothing = np.empty(0, np.int64)
    counts = np.bincount(labels, minlength=classes)
    if (counts > 1).sum() < 2:
        return Suspects(nothing, nothing, None)
    fits, accuracy = _fits(features, labels, classes)
    if accuracy < LEAST_ACCURACY:
        return Suspects(nothing, nothing, accuracy)
    rows = np.arange(len(labels))
    own = fits[rows, labels]
    fits[rows, labels] = -np.inf
    margin = fits.max(axis=1) - own
    order = np.argsort(-margin, kind="stable")[: int(MOST * len(labels))]
    places = order[margin[order] > MARGIN]
    return Suspects(places, fits[places].argmax(axis=1), accuracy)


def own_features(small: Array) -> Array:
    """Returns what the suite itself sees of pictures: directions of edges, coarse pixels, colours.

    Args:
        small: uint8 `(n, side, side, 3)`.

    Returns:
        float32 `(n, 768)`.
    """
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        parts = list(pool.map(_own_features, (small[begin : begin + _CHUNK] for begin in range(0, len(small), _CHUNK))))
    return np.concatenate(parts) if parts else np.empty((0, 768), np.float32)


def _own_features(small: Array) -> Array:
    """Histograms of gradients (Dalal and Triggs, 2005), an 8x8 picture, a histogram of 64 colours."""
    count = len(small)
    pixels = np.stack(
        [np.asarray(Image.fromarray(one).resize((_SIDE, _SIDE), Image.Resampling.BILINEAR)) for one in small]
    )
    values = pixels.astype(np.float32)
    grey = (values[..., 0] + values[..., 1] + values[..., 2]) / np.float32(3)
    right, below = np.zeros_like(grey), np.zeros_like(grey)
    right[:, :, 1:-1] = grey[:, :, 2:] - grey[:, :, :-2]
    below[:, 1:-1] = grey[:, 2:] - grey[:, :-2]
    strength = np.hypot(right, below)
    angle = np.arctan2(below, right) % np.pi / np.pi * _DIRECTIONS
    low = angle.astype(np.int8) % _DIRECTIONS
    high = (low + 1) % _DIRECTIONS
    share = angle - np.floor(angle)
    of_low, of_high = strength * (1 - share), strength * share
    cells = np.empty((count, _CELLS, _CELLS, _DIRECTIONS), np.float32)
    for direction in range(_DIRECTIONS):
        weight = of_low * (low == direction) + of_high * (high == direction)
        blocks = weight.reshape(count, _CELLS, _SIDE // _CELLS, _CELLS, _SIDE // _CELLS)
        cells[..., direction] = blocks.sum(axis=(2, 4))
    energy = np.pad((cells**2).sum(axis=3), ((0, 0), (1, 1), (1, 1)), mode="edge")
    around = sum(energy[:, i : i + _CELLS, j : j + _CELLS] for i in range(3) for j in range(3))
    edges = np.sqrt(cells / (np.sqrt(around)[..., None] + 20))
    tiny = values.reshape(count, 8, 8, 8, 8, 3).mean(axis=2).mean(axis=3).reshape(count, -1)
    tiny = (tiny - tiny.mean(axis=1, keepdims=True)) / (tiny.std(axis=1, keepdims=True) + 10)
    quarter = pixels // 64
    codes = (16 * quarter[..., 0] + 4 * quarter[..., 1] + quarter[..., 2]) + 64 * np.arange(count)[:, None, None]
    colours = np.sqrt(np.bincount(codes.ravel(), minlength=64 * count).reshape(count, 64)) / _SIDE
    return np.concatenate([edges.reshape(count, -1), 0.15 * tiny, colours], axis=1).astype(np.float32)


def joined(parts: list[Array]) -> Array:
    """Returns kinds of features beside each other, each centred and as large as the others."""
    scaled = []
    for part in parts:
        centred = part - part.mean(axis=0)
        scaled.append(centred / (np.sqrt((centred**2).mean()) + 1e-9))
    return np.concatenate(scaled, axis=1)


def _fits(features: Array, labels: Array, classes: int) -> tuple[Array, float]:
    """Returns how much each class fits each picture, by all other pictures, `(n, classes)`, and the mean recall.

    Every class weighs the same, however many pictures it has; the penalty is the one that answers best.
    """
    count = len(labels)
    counts = np.bincount(labels, minlength=classes)
    weight = np.sqrt(count / (np.count_nonzero(counts) * counts[labels])).astype(np.float32)[:, None]
    truth = (labels[:, None] == np.arange(classes)).astype(np.float32)
    rows = np.concatenate([features, np.ones((count, 1), np.float32)], axis=1) * weight
    if count <= rows.shape[1]:
        values, basis = np.linalg.eigh(rows @ rows.T)
    else:
        values, directions = np.linalg.eigh(rows.T @ rows)
        kept = values > 1e-6 * values[-1]
        values = values[kept]
        basis = rows @ directions[:, kept] / np.sqrt(values)
    values, projected = np.maximum(values, 0), basis.T @ (truth * weight)
    squared = basis**2
    best: tuple[Array, float] = (truth, -1.0)
    for penalty in _PENALTIES:
        shrink = values / (values + penalty * count)
        influence = np.minimum(squared @ shrink, 0.999)[:, None]
        answers = basis @ (shrink[:, None] * projected) / weight
        answers = truth - (truth - answers) / (1 - influence)
        right = answers.argmax(axis=1) == labels
        recall = float(np.mean([right[labels == label].mean() for label in np.flatnonzero(counts)]))
        if recall > best[1]:
            best = (answers, recall)
    return best
