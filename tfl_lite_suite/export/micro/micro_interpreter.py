"""The real interpreter of TensorFlow Lite Micro, in a child process: its answers and the arena that it needs."""

import importlib.util
import os
import pathlib
from typing import Any

import numpy as np

from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.core.types import Array
from tfl_lite_suite.runtime import isolation

_MOST = 1 << 28
_STDERR, _MOST_WORDS = 2, 400


def require() -> None:
    """Checks that the interpreter is installed; raises `SuiteError` if not."""
    if importlib.util.find_spec("tflite_micro") is None:
        raise SuiteError("not supported here: tflite-micro is not installed. pip install 'tfl-lite-suite[micro]'")


def version() -> str:
    """Returns the installed version."""
    import importlib.metadata

    return importlib.metadata.version("tflite-micro")


def outputs(model: pathlib.Path, tensors: Array, arena_bytes: int) -> Array:
    """Runs a model.

    Args:
        model: A `.tflite` file of 8 bits.
        tensors: Input tensors `(n, height, width, channels)`, of the type of the model's input.
        arena_bytes: Memory for it.

    Returns:
        The bytes of its output, `(n, classes)`, of the type of the model's output.

    Raises:
        SuiteError: If it does not fit into the arena, or has an operator that the interpreter lacks.
    """

    def work(emit: isolation.Emit) -> Any:
        interpreter = _interpreter(model, arena_bytes)
        found = []
        for tensor in tensors:
            interpreter.set_input(tensor[None], 0)
            interpreter.invoke()
            found.append(interpreter.get_output(0)[0].copy())
        return np.stack(found)

    return np.asarray(isolation.call(work, f"'{model}' on tflm"))


def least_arena(model: pathlib.Path) -> int:
    """Returns the smallest arena in which the model runs, in bytes; with one byte less it does not.

    The interpreter here has pointers of 64 bits; on a microcontroller of 32 bits the same model needs less.

    Raises:
        SuiteError: If it runs in none.
    """
    most = 1 << 16
    while not _fits(model, most):
        if most >= _MOST:
            words = isolation.call(lambda emit: _refusal(model), f"'{model}' on tflm")
            raise SuiteError(f"not supported by tflm: {words or f'it does not run in {_MOST:,} bytes'}")
        most *= 2
    least = most // 2 if most > 1 << 16 else 0
    while most - least > 1:
        middle = (least + most) // 2
        if _fits(model, middle):
            most = middle
        else:
            least = middle
    return most


def _fits(model: pathlib.Path, arena_bytes: int) -> bool:
    def work(emit: isolation.Emit) -> bool:
        try:
            _interpreter(model, arena_bytes)
        except RuntimeError:
            return False
        return True

    try:
        return bool(isolation.call(work, f"'{model}' on tflm"))
    except SuiteError:
        # Where hardly anything fits, the interpreter dies.
        return False


def _refusal(model: pathlib.Path) -> str:
    """Returns why the interpreter does not take a model, from what it prints, which is kept apart in this process."""
    try:
        _interpreter(model, _MOST)
    except RuntimeError as error:
        printed = os.pread(_STDERR, _MOST_WORDS, 0).decode("utf-8", "replace")
        return " ".join(f"{error}. {printed}".split())
    return ""


def _interpreter(model: pathlib.Path, arena_bytes: int) -> Any:
    from tflite_micro.python.tflite_micro import runtime

    return runtime.Interpreter.from_bytes(model.read_bytes(), arena_size=arena_bytes)
