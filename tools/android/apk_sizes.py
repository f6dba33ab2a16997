"""Writes `docs/results/apk.json`: what the native libraries of an APK take, by ABI, and the rest of it.

    python3 tools/android/apk_sizes.py android_demo/tfl_lite_suite.apk

`tools/update_readme.py` makes the table of docs/android.md.
"""

import json
import pathlib
import sys
import zipfile

OUTPUT = pathlib.Path(__file__).resolve().parents[2] / "docs" / "results" / "apk.json"
GPU = "libtensorflowlite_gpu_jni.so"
MODEL = "assets/model.tflite"


def sizes(apk: pathlib.Path) -> dict[str, object]:
    """Returns the sizes in bytes: by ABI compressed, installed and of these the GPU delegate; model, and all else."""
    libraries: dict[str, dict[str, int]] = {}
    model = others = 0
    with zipfile.ZipFile(apk) as archive:
        for entry in archive.infolist():
            if entry.filename.startswith("lib/"):
                _, abi, name = entry.filename.split("/")
                row = libraries.setdefault(abi, dict.fromkeys(("compressed", "installed", "installed_gpu"), 0))
                row["compressed"] += entry.compress_size
                row["installed"] += entry.file_size
                row["installed_gpu"] += entry.file_size if name == GPU else 0
            elif entry.filename == MODEL:
                model = entry.compress_size
            else:
                others += entry.compress_size
    return {"libraries": libraries, "model": model, "others": others, "bytes": apk.stat().st_size}


def main() -> None:
    """Measures the APK that is named."""
    if len(sys.argv) != 2:
        sys.exit("error: expected one APK. Usage: python3 tools/android/apk_sizes.py FILE.apk")
    try:
        found = sizes(pathlib.Path(sys.argv[1]))
    except (OSError, zipfile.BadZipFile) as error:
        sys.exit(f"error: {sys.argv[1]}: {error}")
    OUTPUT.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
