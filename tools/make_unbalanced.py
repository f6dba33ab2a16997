"""Writes Fashion-MNIST made unbalanced: pictures with a CSV of labels, and a folder of unknown ones.

    python tools/make_unbalanced.py --output_dir=FOLDER [--train=2000] [--rare=40]

One class has two pictures for every hundred of the others, and two classes are left out as unknown. The test pictures
are all those of the classes that are left, so that the recall of the rare class is measured on as many as the others'.
"""

import argparse
import csv
import pathlib
import sys

import numpy as np
from PIL import Image

from tfl_lite_suite.core import command_line, files
from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.data import fashion_mnist

RARE, UNKNOWN = "Shirt", ("Sandal", "Bag")


def write(folder: pathlib.Path, train: int, rare: int) -> dict[str, int]:
    """Writes `labels.csv`, `pictures/` and `unknown/`.

    Args:
        folder: Where to.
        train: Training pictures of each common class.
        rare: Training pictures of the rare class.

    Returns:
        Number of `train`, `test` and `unknown` pictures.
    """
    listing = fashion_mnist.listing()
    counts, rows = {"train": 0, "test": 0, "unknown": 0}, []
    for name in ("pictures", "unknown"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    for label, class_name in enumerate(listing.class_names):
        for part, most in (("train", rare if class_name == RARE else train), ("test", 1000)):
            own = np.flatnonzero((listing.labels == label) & (np.asarray(listing.parts) == part))
            unknown = class_name in UNKNOWN
            for place in [] if unknown and part == "train" else own[:most]:
                pixels = np.asarray(listing.read(int(place)))[:, :, 0]
                path = f"{'unknown' if unknown else 'pictures'}/{listing.keys[place].replace('/', '_')}.png"
                Image.fromarray(pixels).save(folder / path)
                counts["unknown" if unknown else part] += 1
                if not unknown:
                    rows.append((path, class_name, part))
    with files.atomic_path(folder / "labels.csv") as path, open(path, "w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("file", "label", "split"), *rows])
    return counts


def main() -> None:
    """Parses the flags and writes the set."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0], allow_abbrev=False)
    parser.add_argument("--output_dir", required=True)
    parser.add_argument("--train", type=int, default=2000)
    parser.add_argument("--rare", type=int, default=40)
    given = parser.parse_args()
    try:
        counts = write(pathlib.Path(given.output_dir), given.train, given.rare)
    except (SuiteError, OSError) as error:
        print(f"error: {command_line.describe(error)}", file=sys.stderr)
        sys.exit(1)
    print(", ".join(f"{count} {name}" for name, count in counts.items()))


if __name__ == "__main__":
    main()
