"""Writes a folder of pictures as TFRecord shards: train-00000-of-00004.tfrecord and so on, with labels.txt.

    python tools/make_tfrecords.py --data=FOLDER --output_dir=FOLDER [--shards=4]

Pictures are stored as they are, in an order shuffled by a fixed seed, so that every shard holds every class. Ready-made
train, validation and test folders become shards of those names; other pictures become `train`, and the suite cuts the
splits when it reads them.
"""

import argparse
import os
import pathlib
import sys

import numpy as np

from tfl_lite_suite.core import command_line, files
from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.data import image_folder, tfrecord
from tfl_lite_suite.data.samples import PARTS, Listing


def write(listing: Listing, folder: pathlib.Path, shards: int) -> list[str]:
    """Writes the shards, each whole or not at all.

    Args:
        listing: The pictures.
        folder: Where to write; must hold no shards yet.
        shards: Number of shards of the largest split, at least 1; smaller splits get fewer.

    Returns:
        Names of the files.

    Raises:
        SuiteError: If a value is out of range, or the folder holds shards already.
    """
    if shards < 1:
        raise SuiteError(f"--shards: expected at least 1. Received: {shards}")
    folder.mkdir(parents=True, exist_ok=True)
    if tfrecord.is_source(folder):
        raise SuiteError(f"--output_dir: '{folder}' holds TFRecord shards already; name another folder or remove them")
    rows_of = {part: listing.part_indices("" if part == "train" and not any(listing.parts) else part) for part in PARTS}
    largest = max(len(rows) for rows in rows_of.values())
    names = []
    for part, rows in rows_of.items():
        rows = np.random.default_rng(0).permutation(rows)
        count = -(-len(rows) * shards // largest)
        for shard, own in enumerate(np.array_split(rows, count) if count else []):
            names.append(f"{part}-{shard:05d}-of-{count:05d}.tfrecord")
            with files.atomic_path(folder / names[-1]) as path, open(path, "wb") as file:
                for row in own:
                    tfrecord.write_record(file, _example(listing, int(row)))
    with files.atomic_path(folder / tfrecord.LABELS_FILE) as path:
        path.write_text("".join(f"{name}\n" for name in listing.class_names), encoding="utf-8")
    return names


def _example(listing: Listing, row: int) -> bytes:
    picture = listing.read(row)
    if not isinstance(picture, bytes):
        raise SuiteError("--data: expected a folder of pictures")
    label = int(listing.labels[row])
    return tfrecord.encode_example(picture, label, listing.class_names[label])


def main() -> int:
    """Reads the flags and writes; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", required=True, help="A folder with one subfolder for each class.")
    parser.add_argument("--output_dir", required=True, help="Where the shards go.")
    parser.add_argument("--shards", type=int, default=4, help="Shards of the largest split.")
    given = parser.parse_args()
    try:
        names = write(image_folder.listing(given.data), pathlib.Path(given.output_dir), given.shards)
    except (SuiteError, OSError) as error:
        print(f"error: {command_line.describe(error)}", file=sys.stderr)
        return 1
    for name in names:
        path = pathlib.Path(given.output_dir) / name
        print(f"{path}  {os.path.getsize(path)} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
