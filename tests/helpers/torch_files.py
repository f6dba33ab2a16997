"""Writes files as PyTorch does, without PyTorch."""

import collections
import pickle
import struct
import zipfile


class Named:
    """Pickles as a reference to a module's attribute without importing it."""

    def __init__(self, module, name):
        self.module, self.name = module, name


class Call:
    """Pickles as the call of a function."""

    def __init__(self, function, *arguments):
        self.function, self.arguments = function, arguments


class _Storage(tuple):
    pass


class _Pickler(pickle._Pickler):
    """Names storages as each of PyTorch's formats does."""

    zipped = False

    def persistent_id(self, value):
        if not isinstance(value, _Storage):
            return None
        return tuple(value) if self.zipped else (*value, None)

    def save(self, value, save_persistent_id=True):
        if isinstance(value, Named):
            self.write(pickle.GLOBAL + f"{value.module}\n{value.name}\n".encode())
        elif isinstance(value, Call):
            self.save(value.function)
            self.save(tuple(value.arguments))
            self.write(pickle.REDUCE)
        else:
            super().save(value, save_persistent_id)


class _ZipPickler(_Pickler):
    zipped = True


def tensor(key, array, shape=None, strides=None, offset=0, count=None, kind="FloatStorage"):
    """Returns a tensor that is described as one of the storage `key`."""
    shape = shape or array.shape
    strides = strides or tuple(stride // array.itemsize for stride in array.strides)
    storage = _Storage(("storage", Named("torch", kind), key, "cpu", count or array.size))
    return Call(
        Named("torch._utils", "_rebuild_tensor_v2"), storage, offset, shape, strides, False, collections.OrderedDict()
    )


def write_legacy(path, state, storages=()):
    """Writes the format of PyTorch up to 1.5."""
    with open(path, "wb") as file:
        for value in (0x1950A86A20F9469CFC6C, 1001, {"little_endian": True}, state, [key for key, _ in storages]):
            _Pickler(file, 2).dump(value)
        for _, array in storages:
            file.write(struct.pack("<q", array.size) + array.tobytes())
    return path


def write_zip(path, state, storages=(), byteorder=b"little", compression=zipfile.ZIP_STORED):
    """Writes the format of PyTorch since 1.6."""
    with zipfile.ZipFile(path, "w", compression) as archive:
        with archive.open("archive/data.pkl", "w") as file:
            _ZipPickler(file, 2).dump(state)
        archive.writestr("archive/byteorder", byteorder)
        for key, array in storages:
            archive.writestr(f"archive/data/{key}", array.tobytes())
        archive.writestr("archive/version", b"3\n")
    return path


def write_state(path, arrays, write=write_zip):
    """Writes a state dictionary of arrays by name."""
    keys = {name: str(index) for index, name in enumerate(arrays)}
    kinds = {"float32": "FloatStorage", "int64": "LongStorage"}
    state = collections.OrderedDict(
        (name, tensor(keys[name], array, kind=kinds[array.dtype.name])) for name, array in arrays.items()
    )
    return write(path, state, [(keys[name], array) for name, array in arrays.items()])
