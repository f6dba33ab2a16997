"""Folders of small made-up pictures for the tests of the data layer."""

import pathlib

import numpy as np
from PIL import Image

from tfl_lite_suite import data
from tfl_lite_suite.data import fashion_mnist


def noise(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, shape, np.uint8)


def write_picture(path: pathlib.Path, seed: int = 0, size: tuple[int, int] = (12, 10)) -> pathlib.Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(noise(*size, 3, seed=seed)).save(path)
    return path


def write_classes(folder: pathlib.Path, counts: dict[str, int], first_seed: int = 0) -> pathlib.Path:
    """Writes `counts[name]` different pictures of every class."""
    seed = first_seed
    for name, count in counts.items():
        (folder / name).mkdir(parents=True, exist_ok=True)
        for number in range(count):
            write_picture(folder / name / f"{number:03d}.png", seed)
            seed += 1
    return folder


def fashion_listing(train: int, test: int) -> data.Listing:
    """Returns a Fashion-MNIST of noise, with the ten classes in turn."""
    images = noise(train + test, 28, 28, 1)
    return data.Listing(
        source="fashion_mnist",
        class_names=fashion_mnist.CLASS_NAMES,
        keys=tuple(f"train/{i}" for i in range(train)) + tuple(f"test/{i}" for i in range(test)),
        labels=np.arange(train + test) % 10,
        parts=("train",) * train + ("test",) * test,
        fingerprint="",
        read=lambda index: images[index],
    )
