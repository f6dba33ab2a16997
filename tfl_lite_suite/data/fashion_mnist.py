"""Fashion-MNIST: 60,000 training and 10,000 test pictures of clothes, grey, 28x28, ten classes.

Source: Xiao, Rasul, Vollgraf, 2017, https://arxiv.org/abs/1708.07747; data under the MIT licence.
"""

import functools
import gzip
import hashlib
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import urllib.request
import zlib

import numpy as np

from tfl_lite_suite.core.cache_folder import cache_folder
from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.core.files import atomic_path
from tfl_lite_suite.data.samples import Listing

NAME = "fashion_mnist"
CLASS_NAMES = (
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
)
SYSTEM_FOLDER = pathlib.Path("/usr/share/datasets/fashion-mnist")
PACKAGE = "dataset-fashion-mnist"
URLS = (
    "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
    "https://storage.googleapis.com/tensorflow/tf-keras-datasets/",
)
# Of the unpacked files: Debian and the public sites compress the same bytes differently.
SHA256 = {
    "train-images-idx3-ubyte": "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
    "train-labels-idx1-ubyte": "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
    "t10k-images-idx3-ubyte": "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
    "t10k-labels-idx1-ubyte": "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
}
_COUNTS = {"train": 60_000, "test": 10_000}
_SIDE = 28


@functools.lru_cache(maxsize=1)
def listing() -> Listing:
    """Finds, downloads where need be, checks and reads the data set.

    Returns:
        70,000 grey pictures with their official split into `train` and `test`.

    Raises:
        SuiteError: If no source has it, or its bytes are not the published ones.
    """
    files = find()
    images, labels = [], []
    keys: list[str] = []
    parts: list[str] = []
    for part, prefix in (("train", "train"), ("test", "t10k")):
        count = _COUNTS[part]
        images.append(np.frombuffer(files[f"{prefix}-images-idx3-ubyte"], np.uint8, offset=16))
        labels.append(np.frombuffer(files[f"{prefix}-labels-idx1-ubyte"], np.uint8, offset=8))
        keys.extend(f"{part}/{index}" for index in range(count))
        parts.extend([part] * count)
    pixels = np.concatenate(images).reshape(-1, _SIDE, _SIDE, 1)
    return Listing(
        source=NAME,
        class_names=CLASS_NAMES,
        keys=tuple(keys),
        labels=np.concatenate(labels).astype(np.int64),
        parts=tuple(parts),
        fingerprint=" ".join(SHA256.values()),
        read=lambda index: pixels[index],
    )


def find() -> dict[str, bytes]:
    """Returns the four files, unpacked and checked, by name; looks at the system's, the cache, Debian, the network."""
    kept = cache_folder() / NAME
    for folder in (SYSTEM_FOLDER, kept):
        if all((folder / f"{name}.gz").is_file() for name in SHA256):
            try:
                return _read_checked(folder)
            except SuiteError as error:
                print(f"warning: {error}; looking elsewhere", file=sys.stderr)
    failures = []
    for obtain in (_from_debian, _from_network):
        kept.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=kept.parent, prefix=".writing-") as temporary:
            folder = pathlib.Path(temporary)
            try:
                obtain(folder)
                files = _read_checked(folder)
            except (SuiteError, OSError, subprocess.SubprocessError) as error:
                failures.append(f"{obtain.__name__.removeprefix('_from_')}: {' '.join(str(error).split())}")
                continue
            for name in SHA256:
                with atomic_path(kept / f"{name}.gz") as target:
                    shutil.copyfile(folder / f"{name}.gz", target)
            return files
    raise SuiteError(
        f"data.source: {NAME} is not on this machine and cannot be downloaded ({'; '.join(failures)}). "
        f"Install the Debian package {PACKAGE}, or put {', '.join(f'{name}.gz' for name in SHA256)} into {kept}"
    )


def _read_checked(folder: pathlib.Path) -> dict[str, bytes]:
    files = {}
    for name, expected in SHA256.items():
        path = folder / f"{name}.gz"
        try:
            data = gzip.decompress(path.read_bytes())
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise SuiteError(f"{path}: damaged: {error}") from None
        received = hashlib.sha256(data).hexdigest()
        if received != expected:
            raise SuiteError(f"{path}: SHA-256 {received} instead of {expected}: not the published data set")
        files[name] = data
    return files


def _from_debian(folder: pathlib.Path) -> None:
    """Downloads the Debian package and unpacks it; needs no root."""
    if not shutil.which("apt-get") or not shutil.which("dpkg"):
        raise SuiteError("no apt-get and dpkg here")
    print(f"downloading {PACKAGE} (31 MB) with apt-get …", file=sys.stderr)
    _command(["apt-get", "-q", "download", PACKAGE], folder)
    package = next(folder.glob("*.deb"), None)
    if package is None:
        raise SuiteError("apt-get download brought no package")
    _command(["dpkg", "-x", package.name, "unpacked"], folder)
    for name in SHA256:
        os.replace(folder / "unpacked" / SYSTEM_FOLDER.relative_to("/") / f"{name}.gz", folder / f"{name}.gz")


def _command(command: list[str], folder: pathlib.Path) -> None:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, errors="replace", timeout=600)
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if line.startswith("E:")] or done.stderr.splitlines()
        reason = lines[0] if lines else f"status {done.returncode}"
        raise SuiteError(f"{' '.join(command[:3])} failed: {reason} (apt-get update may help)")


def _from_network(folder: pathlib.Path) -> None:
    for name in SHA256:
        errors = []
        for base in URLS:
            print(f"downloading {base}{name}.gz …", file=sys.stderr)
            try:
                with urllib.request.urlopen(f"{base}{name}.gz", timeout=30) as response:
                    with open(folder / f"{name}.gz", "wb") as file:
                        shutil.copyfileobj(response, file)
                break
            except OSError as error:
                errors.append(f"{base}: {error}")
        else:
            raise SuiteError("; ".join(errors))
