"""Wheels made of the packages that are installed here, so that tests install on a device without a network."""

import importlib.metadata
import re
import zipfile


def repack(names, folder):
    """Writes the wheels of packages, and of what they require, into a folder, with the files that are installed."""
    waiting, done = list(names), set()
    while waiting:
        name = waiting.pop()
        try:
            distribution = importlib.metadata.distribution(name)
        except importlib.metadata.PackageNotFoundError:
            continue  # Required elsewhere only, by another Python or system.
        if distribution.metadata["Name"] not in done:
            done.add(distribution.metadata["Name"])
            _write(distribution, folder)
            lines = [line for line in distribution.requires or [] if "extra ==" not in line]
            waiting += [re.match(r"[A-Za-z0-9._-]+", line)[0] for line in lines]


def _write(distribution, folder):
    tags = [line.partition(": ")[2] for line in (distribution.read_text("WHEEL") or "").splitlines() if "Tag" in line]
    together = "-".join(".".join(sorted(set(parts))) for parts in zip(*(tag.split("-") for tag in tags), strict=True))
    stem = f"{distribution.metadata['Name'].replace('-', '_')}-{distribution.version}"
    with zipfile.ZipFile(folder / f"{stem}-{together}.whl", "w") as file:
        for path in distribution.files:
            if ".." not in path.parts and "__pycache__" not in path.parts and path.locate().is_file():
                file.write(path.locate(), str(path))
