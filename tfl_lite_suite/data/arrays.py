"""Labelled pictures that lie in memory, as a source that recipes can name while they are there."""

import hashlib
import weakref
from collections.abc import Sequence

import numpy as np

from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.core.pixel_array import array_pixels
from tfl_lite_suite.core.types import Array
from tfl_lite_suite.data.folder_walk import checked_name
from tfl_lite_suite.data.samples import PARTS, Listing

# How the sources' names begin; what follows is a digest of pictures and labels.
PREFIX = "arrays:"
_KNOWN: weakref.WeakValueDictionary[str, Listing] = weakref.WeakValueDictionary()


def is_source(name: str) -> bool:
    """Whether a source's name is one of arrays."""
    return name.startswith(PREFIX)


def listing(name: str) -> Listing:
    """Returns the pictures that `register` gave this name.

    Raises:
        SuiteError: If they are gone: nobody holds their listing any more, or another process made them.
    """
    found = _KNOWN.get(name)
    if found is None:
        raise SuiteError(f"data.source: '{name}' were pictures in the memory of a process that has ended")
    return found


def register(
    pictures: Sequence[Array] | Array,
    labels: Sequence[object] | Array,
    class_names: Sequence[str] | None = None,
    parts: Sequence[str] | None = None,
) -> Listing:
    """Makes pictures in memory a source, for as long as its listing is held.

    Args:
        pictures: `(n, height, width)` or `(n, height, width, channels)`, or a list of n pictures of any sizes; see
            `image.array_pixels` for what one may be.
        labels: A class for each picture: its index, or its name.
        class_names: One name a class, in the order of the logits. Absent: the names in `labels`, sorted; or the
            numbers up to the greatest index.
        parts: `train`, `validation` or `test` for each picture; chosen at random if absent.

    Returns:
        The listing; its `source` is the name by which a recipe finds it.

    Raises:
        SuiteError: If pictures, labels, names and parts do not fit each other.
    """
    pixels = [array_pixels(picture, f"x[{index}]") for index, picture in enumerate(pictures)]
    for name, values in (("y", labels), ("parts", parts)):
        if values is not None and len(values) != len(pixels):
            raise SuiteError(f"{name}: expected one for each of the {len(pixels)} pictures. Received: {len(values)}")
    if not pixels:
        raise SuiteError("x: expected at least one picture. Received: none")
    indices, names = _classes(np.asarray(labels), class_names)
    names = tuple(checked_name(name, "names") for name in names)
    strange = sorted(set(parts or ()) - set(PARTS))
    if strange:
        raise SuiteError(f"parts: expected {', '.join(PARTS)}. Received: '{strange[0]}'")
    digest = hashlib.sha256(repr((names, indices.tolist(), list(parts or ()))).encode("utf-8", "surrogateescape"))
    for picture in pixels:
        digest.update(np.array(picture.shape, np.int64).tobytes() + picture.tobytes())
    made = Listing(
        source=f"{PREFIX}{digest.hexdigest()[:16]}",
        class_names=names,
        keys=tuple(str(index) for index in range(len(pixels))),
        labels=indices,
        parts=tuple(parts or [""] * len(pixels)),
        fingerprint=digest.hexdigest(),
        read=pixels.__getitem__,
    )
    return _KNOWN.setdefault(made.source, made)


def _classes(labels: Array, class_names: Sequence[str] | None) -> tuple[Array, tuple[str, ...]]:
    """Returns each picture's class as an index, int64 `(n,)`, and the names of the classes."""
    if class_names is not None and len(set(class_names)) < len(class_names):
        raise SuiteError(f"names: a name stands there twice. Received: {', '.join(class_names)}")
    if labels.ndim != 1:
        raise SuiteError(f"y: expected one class a picture, of shape (n,). Received: {labels.shape}")
    if labels.dtype.kind in "UO" and all(isinstance(label, str) for label in labels.tolist()):
        names = tuple(class_names) if class_names is not None else tuple(sorted(set(labels.tolist())))
        unknown = sorted(set(labels.tolist()) - set(names))
        if unknown:
            raise SuiteError(f"y: class '{unknown[0]}' is not one of the names: {', '.join(names)}")
        return np.array([names.index(label) for label in labels.tolist()], np.int64), names
    if labels.dtype.kind not in "iu":
        raise SuiteError(f"y: expected the indices of classes, or their names. Received: an array of {labels.dtype}")
    names = tuple(class_names) if class_names is not None else tuple(map(str, range(int(labels.max()) + 1)))
    if labels.min() < 0 or labels.max() >= len(names):
        raise SuiteError(
            f"y: expected indices from 0 to {len(names) - 1}, one for each name. Received: {labels.min()} to "
            f"{labels.max()}"
        )
    return labels.astype(np.int64), names
