"""Checks of calibration pictures: what makes int8 ranges wrong, or int8 accuracy look better than it is."""

import dataclasses
import hashlib
from collections.abc import Sequence

import numpy as np

from tfl_lite_suite.core.types import Array

_FEW = 25
_CONSTANT_SPREAD = 2
_MANY = 0.1


@dataclasses.dataclass(frozen=True)
class Finding:
    """One thing that is wrong with calibration pictures.

    Attributes:
        code: `too_few`, `constant`, `duplicated`, `normalised_twice`, `low_range`, `classes_missing` or `in_test_data`.
        message: What was found, with numbers.
        fix: What to do.
    """

    code: str
    message: str
    fix: str


def check(
    pictures: Array,
    labels: Sequence[int] | Array | None = None,
    class_names: Sequence[str] = (),
    test: Array | None = None,
) -> list[Finding]:
    """Checks pictures that activation ranges will be taken from.

    Args:
        pictures: uint8 `(n, height, width, channels)`, prepared by the contract.
        labels: Class index of each, if known.
        class_names: The model's classes; needs `labels`.
        test: uint8 `(m, height, width, channels)`, the pictures that accuracy is measured on, if any.

    Returns:
        What was found, in the order of the codes above; empty if all is well.
    """
    findings = [
        _too_few(len(pictures)),
        _constant(pictures),
        _duplicated(pictures),
        *_ranges(pictures),
        _classes_missing(labels, class_names),
        _in_test_data(pictures, test),
    ]
    return [finding for finding in findings if finding is not None]


def _too_few(count: int) -> Finding | None:
    if count >= _FEW:
        return None
    return Finding("too_few", f"only {count} calibration pictures", f"give {_FEW} or more; 200 also allow to judge")


def _constant(pictures: Array) -> Finding | None:
    flat = pictures.reshape(len(pictures), -1)
    count = int((flat.max(axis=1).astype(int) - flat.min(axis=1) <= _CONSTANT_SPREAD).sum())
    if not count:
        return None
    return Finding(
        "constant",
        f"{count} of {len(pictures)} calibration pictures have one colour",
        "look at the files: they may be empty or wrongly decoded",
    )


def _duplicated(pictures: Array) -> Finding | None:
    count = len(pictures) - len(_digests(pictures))
    if count <= _MANY * len(pictures):
        return None
    return Finding(
        "duplicated",
        f"{count} of {len(pictures)} calibration pictures are copies of others",
        "remove the copies: they add nothing to the ranges",
    )


def _ranges(pictures: Array) -> list[Finding]:
    most = int(pictures.max()) if pictures.size else 0
    if most <= 1:
        return [
            Finding(
                "normalised_twice",
                f"no pixel is above {most}; they look divided by 255 already",
                "give raw pixels from 0 to 255: the model normalises inside",
            )
        ]
    if most < 64 and len(pictures):
        return [
            Finding(
                "low_range",
                f"the brightest pixel is {most} of 255",
                "give pictures as bright as those that the device will see",
            )
        ]
    return []


def _classes_missing(labels: Sequence[int] | Array | None, class_names: Sequence[str]) -> Finding | None:
    if labels is None or not class_names or len(labels) < len(class_names):
        return None
    present = set(np.asarray(labels).tolist())
    missing = [name for index, name in enumerate(class_names) if index not in present]
    if not missing:
        return None
    named = ", ".join(f"'{name}'" for name in missing[:5])
    return Finding(
        "classes_missing",
        f"{len(missing)} of {len(class_names)} classes have no calibration picture: {named}",
        "draw calibration pictures from every class",
    )


def _in_test_data(pictures: Array, test: Array | None) -> Finding | None:
    if test is None or not len(test):
        return None
    count = len(_digests(pictures) & _digests(test))
    if not count:
        return None
    return Finding(
        "in_test_data",
        f"{count} calibration pictures are test pictures too",
        "calibrate with training pictures, or the measured accuracy is too good",
    )


def _digests(pictures: Array) -> set[bytes]:
    return {hashlib.sha256(picture.tobytes()).digest() for picture in pictures}
