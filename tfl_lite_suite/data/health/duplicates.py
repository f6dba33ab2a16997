"""Pictures that are copies of each other, though not byte for byte.

Each picture is described by its grey values at 16x16, brightness and contrast taken out. What is alike differs from set
to set, so a pair counts as copies if it is several times as near as the other neighbours are; where a picture may have
been cut or turned a little, the two are laid on each other first.

Source of the alignment: Lucas and Kanade, 1981; of the tangents by which pairs are chosen for it: Simard, LeCun and
Denker, 1993, "Efficient pattern recognition using a new transformation distance".
"""

import os
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from PIL import Image

from tfl_lite_suite.core.types import Array

COARSE, FINE = 16, 32
# Distances over the median distance of the neighbours; below these a pair is a copy.
_PLAIN_RATIO, _ALIGNED_RATIO = 0.12, 0.1
# And below this one in any set: there may be many copies of one picture.
_SAME = 0.001
_NEIGHBOURS = 16
_PROMISING, _MOST_ALIGNED = 0.6, 20_000
_BLOCK = 1024
# Few enough that what is computed of them stays in the cache.
_ALIGNED_BLOCK = 64
# How far apart a pair may still be after each step of the alignment, over what a copy may; copies need half of it.
_STILL_HOPED = (np.inf, np.inf, 4.0, 2.0, 1.5, 1.25)
# Columns of which the greatest is found at first.
_GROUP = 16
_LEAST_CONTRAST = 4.0


def near_pairs(small: Array) -> list[tuple[int, int]]:
    """Finds pairs of copies.

    Args:
        small: Pictures, uint8 `(n, side, side, channels)`, squeezed to a square.

    Returns:
        Pairs of places `(i, j)`, i below j, sorted.
    """
    coarse, contrast = _described(small, COARSE)
    usable = np.flatnonzero(contrast >= _LEAST_CONTRAST)
    if len(usable) < 3:
        return []
    coarse, fine = coarse[usable], _described(small, FINE)[0][usable]
    places, similar = _nearest(coarse, min(_NEIGHBOURS, len(usable) - 1))
    usual = np.maximum(1 - np.median(similar, axis=1), 1e-6)
    distance = 1 - similar
    pairs = {
        (row, int(places[row, column]))
        for row, column in np.argwhere((distance < _PLAIN_RATIO * usual[:, None]) | (distance < _SAME))
    }
    pairs |= _aligned_pairs(coarse, fine, places, usual)
    return sorted({(min(pair), max(pair)) for pair in ((int(usable[i]), int(usable[j])) for i, j in pairs)})


def grouped(pairs: list[tuple[int, int]]) -> list[list[int]]:
    """Returns the groups that pairs make, each ascending, the largest first."""
    leader: dict[int, int] = {}

    def find(place: int) -> int:
        while leader.setdefault(place, place) != place:
            place = leader[place]
        return place

    for one, other in pairs:
        leader[find(one)] = find(other)
    groups: dict[int, list[int]] = {}
    for place in sorted(leader):
        groups.setdefault(find(place), []).append(place)
    return sorted(groups.values(), key=lambda group: (-len(group), group[0]))


def _described(small: Array, side: int) -> tuple[Array, Array]:
    """Returns grey values with mean 0 and length 1, float32 `(n, side * side)`, and their standard deviation before."""
    rows = np.empty((len(small), side * side), np.float32)
    for index, picture in enumerate(small):
        grey = Image.fromarray(picture if picture.shape[2] == 3 else picture[:, :, 0]).convert("L")
        rows[index] = np.asarray(grey.resize((side, side), Image.Resampling.BILINEAR), np.float32).ravel()
    rows -= rows.mean(axis=1, keepdims=True)
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    return rows / (length + 1e-3), length[:, 0] / side


def _nearest(vectors: Array, count: int) -> tuple[Array, Array]:
    """Returns the places and the cosines of the nearest others, nearest first: `(n, count)` each."""
    places = np.empty((len(vectors), count), np.int64)
    similar = np.empty((len(vectors), count), np.float32)

    def work(begin: int) -> None:
        rows = np.arange(begin, min(begin + _BLOCK, len(vectors)))
        cosines = vectors[rows] @ vectors.T
        cosines[np.arange(len(rows)), rows] = -np.inf
        places[rows], similar[rows] = _greatest(cosines, count)

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(work, range(0, len(vectors), _BLOCK)))
    return places, similar


def _greatest(values: Array, count: int) -> tuple[Array, Array]:
    """Returns the columns of the greatest values of each row, the greatest first, and these values: `(n, count)` each.

    They stand in the `count` groups of columns with the greatest maxima, so most columns need no sorting.
    """
    columns = values.shape[1]
    groups = max(-(-columns // _GROUP), count)
    most = values[:, :groups].copy()
    for begin in range(groups, columns, groups):
        part = values[:, begin : begin + groups]
        np.maximum(most[:, : part.shape[1]], part, out=most[:, : part.shape[1]])
    chosen = np.argpartition(most, groups - count, axis=1)[:, groups - count :]
    places = (chosen[:, :, None] + groups * np.arange(-(-columns // groups))).reshape(len(values), -1)
    found = np.take_along_axis(values, np.minimum(places, columns - 1), axis=1)
    found[places >= columns] = -np.inf
    order = np.argsort(-found, axis=1, kind="stable")[:, :count]
    return np.take_along_axis(places, order, axis=1), np.take_along_axis(found, order, axis=1)


def _aligned_pairs(coarse: Array, fine: Array, places: Array, usual: Array) -> set[tuple[int, int]]:
    """Returns the pairs that are copies once one is shifted, scaled or turned a little to fit the other."""
    tangent = np.concatenate(
        [
            _tangent_distances(coarse, places, range(begin, min(begin + _BLOCK, len(coarse))))
            for begin in range(0, len(coarse), _BLOCK)
        ]
    )
    promise = tangent / np.maximum(np.median(tangent, axis=1, keepdims=True), 1e-6)
    best = np.argsort(tangent, axis=1)[:, :2]
    rows = np.repeat(np.arange(len(coarse)), best.shape[1])
    others = np.take_along_axis(places, best, axis=1).ravel()
    hopes = np.take_along_axis(promise, best, axis=1).ravel()
    order = np.argsort(hopes)[:_MOST_ALIGNED]
    chosen = order[hopes[order] < _PROMISING]
    found: set[tuple[int, int]] = set()
    for begin in range(0, len(chosen), _ALIGNED_BLOCK):
        part = chosen[begin : begin + _ALIGNED_BLOCK]
        alike = _aligned(fine[rows[part]], fine[others[part]], _ALIGNED_RATIO * usual[rows[part]])
        found |= {(int(rows[index]), int(others[index])) for index in part[alike]}
    return found


def _positions(side: int) -> tuple[Array, Array]:
    line = np.linspace(-1, 1, side, dtype=np.float32)
    across, down = np.meshgrid(line, line)
    return across, down


def _tangent_distances(vectors: Array, places: Array, rows: range) -> Array:
    """Returns how far neighbours are from pictures that may move along their six affine tangents: `(rows, count)`."""
    across, down = _positions(COARSE)
    pictures = vectors[rows.start : rows.stop].reshape(-1, COARSE, COARSE)
    right, below = np.gradient(pictures, axis=2), np.gradient(pictures, axis=1)
    moves = np.stack([part * way for part in (right, below) for way in (np.ones_like(across), across, down)], axis=1)
    moves = moves.reshape(len(pictures), 6, -1)
    gram = moves @ moves.transpose(0, 2, 1)
    inverse = np.linalg.inv(gram + _damping(gram, 1e-3))
    rest = vectors[places[rows.start : rows.stop]] - vectors[rows.start : rows.stop, None]
    along = np.einsum("nid,nkd->nki", moves, rest, optimize=True)
    explained = np.einsum("nki,nij,nkj->nk", along, inverse, along, optimize=True)
    return np.maximum((rest * rest).sum(axis=2) - explained, 0) / 2


def _damping(gram: Array, share: float) -> Array:
    mean = np.trace(gram, axis1=1, axis2=2)[:, None, None] / gram.shape[1]
    return (share * mean + 1e-9) * np.eye(gram.shape[1], dtype=np.float32)


def _aligned(still: Array, moved: Array, limits: Array) -> Array:
    """Lays pictures on others by an affine map each, and tells which then agree where they overlap.

    Args:
        still: Descriptions, float32 `(k, FINE * FINE)`.
        moved: Those that are mapped.
        limits: 1 - correlation below which two agree, `(k,)`.

    Returns:
        bool `(k,)`.
    """
    across, down = _positions(FINE)
    still, moved = still.reshape(-1, FINE, FINE), moved.reshape(-1, FINE, FINE)
    slopes = [np.gradient(moved, axis=axis) * (FINE - 1) / 2 for axis in (2, 1)]
    moves, alike = np.zeros((len(still), 6), np.float32), np.zeros(len(still), bool)
    rows = np.arange(len(still))
    for hoped in (*_STILL_HOPED, 0.0):
        terms = moves[rows][:, :, None, None]
        where = (
            across + terms[:, 0] + terms[:, 1] * across + terms[:, 2] * down,
            down + terms[:, 3] + terms[:, 4] * across + terms[:, 5] * down,
        )
        (here, *slope), inside = _sampled([layer[rows] for layer in (moved, *slopes)], *where)
        one, _ = _normalised(still[rows], inside)
        other, length = _normalised(here, inside)
        rest = one - other
        overlap = inside.mean(axis=(1, 2))
        distance = np.where(overlap > 0.7, (rest * rest).sum(axis=(1, 2)) / 2, np.inf)
        alike[rows] = distance < limits[rows]
        left = np.flatnonzero(~alike[rows] & (distance <= hoped * limits[rows]))
        if not len(left):
            break
        rows = rows[left]
        change = _step([layer[left] for layer in slope], (inside / length)[left], rest[left], across, down)
        moves[rows] += change
    return alike


def _step(slopes: list[Array], scale: Array, rest: Array, across: Array, down: Array) -> Array:
    """Returns the change of each map that explains most of the rest: one step of Gauss and Newton."""
    scaled = [slope * scale for slope in slopes]
    tangents = np.empty((len(rest), 6, *across.shape), scaled[0].dtype)
    for place, slope in zip((0, 3), scaled, strict=True):
        tangents[:, place] = slope
        np.multiply(slope, across, out=tangents[:, place + 1])
        np.multiply(slope, down, out=tangents[:, place + 2])
    tangents = tangents.reshape(len(rest), 6, -1)
    gram = tangents @ tangents.transpose(0, 2, 1)
    change = np.linalg.solve(gram + _damping(gram, 1e-3), tangents @ rest.reshape(len(rest), -1, 1))
    return np.clip(change[:, :, 0], -0.2, 0.2)


def _sampled(layers: list[Array], x: Array, y: Array) -> tuple[list[Array], Array]:
    """Samples layers at positions from -1 to 1, bilinear; returns them and 1 where a position is inside, else 0."""
    x, y = (x + 1) * (FINE - 1) / 2, (y + 1) * (FINE - 1) / 2
    inside = ((x >= 0) & (x <= FINE - 1) & (y >= 0) & (y <= FINE - 1)).astype(np.float32)
    x, y = np.clip(x, 0, FINE - 1.001), np.clip(y, 0, FINE - 1.001)
    left, top = x.astype(np.int64), y.astype(np.int64)
    x, y = x - left, y - top
    base = np.arange(len(x))[:, None, None] * FINE * FINE + top * FINE + left
    corners = [(0, (1 - x) * (1 - y)), (1, x * (1 - y)), (FINE, (1 - x) * y), (FINE + 1, x * y)]
    return [sum(weight * layer.ravel()[base + offset] for offset, weight in corners) for layer in layers], inside


def _normalised(pictures: Array, inside: Array) -> tuple[Array, Array]:
    """Returns pictures with mean 0 and length 1 where they overlap, and the lengths, `(k, 1, 1)`."""
    mean = (pictures * inside).sum(axis=(1, 2)) / np.maximum(inside.sum(axis=(1, 2)), 1)
    centred = (pictures - mean[:, None, None]) * inside
    length = np.sqrt((centred * centred).sum(axis=(1, 2)))[:, None, None] + 1e-6
    return centred / length, length
