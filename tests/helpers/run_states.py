"""A run's state over a made-up work folder, for the tests of stages."""

import pathlib

import numpy as np

from tfl_lite_suite.core import predictions, recipe
from tfl_lite_suite.run.result import ConvertedFile
from tfl_lite_suite.run.state import RunState
from tfl_lite_suite.run.step import Step


def settings(**more) -> recipe.Recipe:
    document = {"name": "x", "data": {"source": "s"}, "model": {"name": "micro"}, **more}
    return recipe.parse(recipe.Recipe, document, "")


def state(folder: pathlib.Path, **more) -> RunState:
    return RunState(settings(**more), folder)


def step(kind: str, name: str | None = None, **more) -> Step:
    return Step(name or kind, kind, settings(**more))


def answered(folder: pathlib.Path, top1=(0, 1)) -> None:
    """Writes the answers to two pictures, of classes 0 and 1."""
    top = np.array([[answer] for answer in top1])
    predictions.write(folder / predictions.FILE, ("cat", "dog"), ("a", "b"), np.array([0, 1]), top)


def tflite(of: RunState, name: str, content: bytes = b"file") -> None:
    """Notes a file as converted from the float network."""
    path = of.tflite_file(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    size = len(content)
    of.files[name] = ConvertedFile(name=name, output=str(path), source="train", scheme="int8", file_bytes=size)
