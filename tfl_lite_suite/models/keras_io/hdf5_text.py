"""Texts in the attributes of an HDF5 file that may be damaged: libhdf5 dies of types that it does not know."""

import h5py
import numpy as np

from tfl_lite_suite.core.types import HdfGroup


def of(group: HdfGroup, name: str) -> list[str]:
    """Returns the texts of an attribute, one or a list; nothing where it is absent.

    Raises:
        ValueError: If it holds anything but texts.
    """
    if name not in group.attrs:
        return []
    attribute = group.attrs.get_id(name)
    if not attribute.get_space().get_simple_extent_npoints():
        # An empty list is written as one of numbers.
        return []
    if not isinstance(attribute.get_type(), h5py.h5t.TypeStringID):
        raise ValueError(f"its attribute '{name}' holds no text")
    values = np.ravel(np.asarray(group.attrs[name], object)).tolist()
    return [value.decode() if isinstance(value, bytes) else str(value) for value in values]


def of_parts(group: HdfGroup, name: str) -> list[str]:
    """As `of`, for a list that Keras splits into parts, for HDF5 limits an attribute to 64 KiB."""
    found, part = of(group, name), 0
    while f"{name}{part}" in group.attrs:
        found += of(group, f"{name}{part}")
        part += 1
    return found
