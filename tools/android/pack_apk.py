"""Packs a folder into an unsigned APK whose bytes depend on the content only.

Usage: `python3 pack_apk.py FOLDER OUTPUT.apk`. Files are sorted, carry one fixed time, and are compressed except those
that Android maps into memory: the resource table (required from Android 11 on) and the model.
"""

import pathlib
import sys
import zipfile

_EARLIEST_ZIP_TIME = (1980, 1, 1, 0, 0, 0)
_STORED_SUFFIXES = (".arsc", ".tflite", ".png")


def pack(folder: pathlib.Path, output: pathlib.Path) -> None:
    """Writes every file below `folder` into the ZIP archive `output`."""
    with zipfile.ZipFile(output, "w") as archive:
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            entry = zipfile.ZipInfo(path.relative_to(folder).as_posix(), _EARLIEST_ZIP_TIME)
            entry.external_attr = 0o100644 << 16
            stored = path.suffix in _STORED_SUFFIXES
            entry.compress_type = zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED
            archive.writestr(entry, path.read_bytes(), compresslevel=9)


if __name__ == "__main__":
    pack(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]))
