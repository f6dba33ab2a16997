"""Makes a folder of natural colour photographs, 20 classes of Tiny ImageNet at 64×64, from the official archive.

    curl -LO http://cs231n.stanford.edu/tiny-imagenet-200.zip
    python tools/make_tiny_imagenet.py --archive=tiny-imagenet-200.zip --output_dir=tiny_imagenet_20

The archive (248,100,043 bytes) is checked by SHA-256. `train/` gets the 500 training pictures of each class, `test/`
the 50 validation pictures; the archive's own test pictures have no labels. The pictures are for research only.
"""

import argparse
import pathlib
import sys
import tempfile
import zipfile

from tfl_lite_suite.core import command_line, files
from tfl_lite_suite.core.errors import SuiteError

SHA256 = "6198c8ae015e2b3e007c7841da39ec069199b9aa3bfa943a462022fe5e43c821"
CLASSES = {
    "n01443537": "goldfish",
    "n01641577": "bullfrog",
    "n02056570": "king penguin",
    "n02099601": "golden retriever",
    "n02123045": "tabby",
    "n02129165": "lion",
    "n02165456": "ladybug",
    "n02279972": "monarch",
    "n02504458": "African elephant",
    "n02769748": "backpack",
    "n02793495": "barn",
    "n04133789": "sandal",
    "n04146614": "school bus",
    "n04285008": "sports car",
    "n04398044": "teapot",
    "n04507155": "umbrella",
    "n07734744": "mushroom",
    "n07747607": "orange",
    "n07753592": "banana",
    "n07873807": "pizza",
}
_ROOT = "tiny-imagenet-200"


def check(archive: pathlib.Path, sha256: str = SHA256) -> None:
    """Raises the error for an archive that is not the official one."""
    found = files.sha256(archive)
    if found != sha256:
        raise SuiteError(f"--archive: '{archive}' is not the official one. Its SHA-256 is {found}. Expected: {sha256}")


def unpack(archive: pathlib.Path, folder: pathlib.Path) -> dict[str, int]:
    """Writes the pictures of `CLASSES`.

    Args:
        archive: The official archive.
        folder: Where `train` and `test` go; must not exist yet.

    Returns:
        Pictures of each part.

    Raises:
        SuiteError: If the folder exists, or the archive lacks a part.
    """
    if folder.exists():
        raise SuiteError(f"--output_dir: '{folder}' exists already; name another folder or remove it")
    counts = {"train": 0, "test": 0}
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as scratch, zipfile.ZipFile(archive) as content:
        made = pathlib.Path(scratch) / folder.name
        for part, wnid, entry in _pictures(content):
            place = made / part / CLASSES[wnid] / pathlib.PurePosixPath(entry).name
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content.read(entry))
            counts[part] += 1
        if not all(counts.values()):
            raise SuiteError(f"--archive: '{archive}' has no pictures of {_ROOT} where they are expected")
        made.rename(folder)
    return counts


def _pictures(content: zipfile.ZipFile) -> list[tuple[str, str, str]]:
    """Returns part, class and entry of each picture of `CLASSES`."""
    try:
        lines = content.read(f"{_ROOT}/val/val_annotations.txt").decode().splitlines()
    except KeyError as error:
        raise SuiteError(f"--archive: it has no {_ROOT}/val/val_annotations.txt") from error
    found = []
    for name, wnid in (line.split("\t")[:2] for line in lines):
        if wnid in CLASSES:
            found.append(("test", wnid, f"{_ROOT}/val/images/{name}"))
    for entry in content.namelist():
        parts = entry.split("/")
        if len(parts) == 5 and parts[1] == "train" and parts[2] in CLASSES and parts[4].endswith(".JPEG"):
            found.append(("train", parts[2], entry))
    return found


def main() -> None:
    """Makes the folder that the flags describe."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--archive", required=True, type=pathlib.Path)
    parser.add_argument("--output_dir", required=True, type=pathlib.Path)
    given = parser.parse_args()
    try:
        check(given.archive)
        counts = unpack(given.archive, given.output_dir)
    except (SuiteError, OSError, zipfile.BadZipFile) as error:
        sys.exit(f"error: {command_line.describe(error)}")
    print(
        f"{given.output_dir}: {counts['train']} training and {counts['test']} test pictures of {len(CLASSES)} classes"
    )


if __name__ == "__main__":
    main()
