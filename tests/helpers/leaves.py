"""Two kinds of leaves that any network tells apart: what the examples of the documentation work on."""

import pathlib

import numpy as np
from PIL import Image

COLOURS = {"birch": (200, 220, 200), "oak": (30, 120, 40)}


def write(folder, count=12):
    """Writes `leaves/birch`, `leaves/oak` and `leaf.png`, an oak's, into a folder."""
    random = np.random.default_rng(0)
    for name, colour in COLOURS.items():
        place = pathlib.Path(folder) / "leaves" / name
        place.mkdir(parents=True)
        for number in range(count):
            pixels = np.clip(random.normal(0, 25, (40, 48, 3)) + np.array(colour), 0, 255).astype(np.uint8)
            Image.fromarray(pixels).save(place / f"{number:02}.png")
    Image.open(pathlib.Path(folder) / "leaves" / "oak" / "03.png").save(pathlib.Path(folder) / "leaf.png")
