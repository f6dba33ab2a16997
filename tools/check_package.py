"""Builds the source archive and the wheel, checks both, and lists what the wheel lacks of the checkout.

Command: .venv/bin/python tools/check_package.py [--output=dist]
"""

import argparse
import pathlib
import subprocess
import sys
import tempfile
import zipfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
PACKAGE = "tfl_lite_suite"


def build(output: pathlib.Path) -> tuple[pathlib.Path, pathlib.Path]:
    """Builds the source archive and, from it, the wheel; returns both files.

    Raises:
        CalledProcessError: If the build or the check of its metadata fails.
    """
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(output), str(ROOT)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    archive, wheel = next(output.glob("*.tar.gz")), next(output.glob("*.whl"))
    command = [sys.executable, "-m", "twine", "check", "--strict", str(archive), str(wheel)]
    subprocess.run(command, check=True)
    return archive, wheel


def missing(wheel: pathlib.Path) -> list[str]:
    """Returns the files of the package in the checkout that the wheel does not have, sorted."""
    there = set(zipfile.ZipFile(wheel).namelist())
    wanted = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / PACKAGE).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    return sorted(wanted - there)


def main() -> None:
    """Builds, checks and prints the contents."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", help="Folder that keeps the two files; they are thrown away if absent.")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(given.output or scratch)
        folder.mkdir(parents=True, exist_ok=True)
        _, wheel = build(folder)
        names = zipfile.ZipFile(wheel).namelist()
        print(f"{wheel.name}: {len(names)} files, {wheel.stat().st_size:,} bytes")
        lacking = missing(wheel)
    if lacking:
        sys.exit(f"error: the wheel lacks {', '.join(lacking[:10])}{' …' if len(lacking) > 10 else ''}")


if __name__ == "__main__":
    main()
