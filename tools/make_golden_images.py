"""Writes the golden pictures: inputs, contracts and the tensors that every implementation must produce.

Usage: python tools/make_golden_images.py [--check]

With --check nothing is written; the exit status is 1 if a file would change.
"""

import hashlib
import json
import pathlib
import sys
import tempfile

import numpy as np
from PIL import Image

from tfl_lite_suite.core import image
from tfl_lite_suite.core.contract import Contract

FOLDER = pathlib.Path(__file__).parent.parent / "tests" / "golden"


def pictures() -> dict[str, Image.Image]:
    """Returns small pictures of the kinds that implementations get wrong."""
    noise = np.random.default_rng(20240229)

    def textured(height: int, width: int, channels: int) -> np.ndarray:
        y, x = np.mgrid[0:height, 0:width]
        waves = [128 + 90 * np.sin(x / (3 + c) + c) * np.cos(y / (5 + c)) for c in range(channels)]
        return np.clip(np.stack(waves, 2) + noise.normal(0, 20, (height, width, channels)), 0, 255).astype(np.uint8)

    shrunken = Image.fromarray((textured(40, 31, 3) // 4) + 90)
    palette = Image.fromarray(textured(33, 45, 3)).quantize(32)
    sixteen = Image.fromarray(noise.integers(0, 65536, (19, 29), np.uint16))
    edges = (np.indices((64, 64)).sum(0) // 3 % 2 * 255).astype(np.uint8)
    return {
        "colour_101x75": Image.fromarray(textured(75, 101, 3)),
        "colour_64x97": Image.fromarray(textured(97, 64, 3)),
        "grey_28x28": Image.fromarray(textured(28, 28, 1)[:, :, 0]),
        "grey_51x34": Image.fromarray(textured(34, 51, 1)[:, :, 0]),
        "alpha_47x38": Image.fromarray(textured(38, 47, 4)),
        "grey_alpha_20x24": Image.fromarray(textured(24, 20, 2)),
        "palette_45x33": palette,
        "grey16_29x19": sixteen,
        "low_contrast_31x40": shrunken,
        "constant_9x9": Image.fromarray(np.full((9, 9, 3), 77, np.uint8)),
        "single_1x1": Image.fromarray(np.array([[[12, 200, 99]]], np.uint8)),
        "row_300x1": Image.fromarray(textured(1, 300, 3)),
        "column_2x601": Image.fromarray(textured(601, 2, 3)),
        "stripes_64x64": Image.fromarray(edges),
    }


def contracts() -> dict[str, Contract]:
    """Returns contracts that use every step."""
    return {
        "crop_32": Contract(32, 32, 3, 32, 32),
        "crop_24_of_27": Contract(24, 24, 3, 27, 27),
        "grey_32": Contract(32, 32, 1, 32, 32),
        "stretch_20x28": Contract(20, 28, 3, 23, 31, fit="stretch"),
        "contrast_16x40": Contract(16, 40, 3, 16, 40, contrast="stretch"),
        "grey_contrast_25": Contract(25, 25, 1, 28, 28, contrast="stretch"),
    }


def write(folder: pathlib.Path) -> None:
    """Writes every file into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    cases = []
    for name, picture in pictures().items():
        picture.save(folder / f"{name}.png", optimize=True)
        decoded = {}
        for channels in (1, 3):
            decoded[channels] = image.decode(folder / f"{name}.png", channels)
            (folder / f"{name}.{'grey' if channels == 1 else 'rgb'}").write_bytes(decoded[channels].tobytes())
        for contract_name, contract in contracts().items():
            pixels = decoded[contract.channels]
            tensor = reference(pixels, contract)
            (folder / f"{name}.{contract_name}.bin").write_bytes(tensor.tobytes())
            cases.append(
                {
                    "name": f"{name}.{contract_name}",
                    "picture": f"{name}.png",
                    "pixels": f"{name}.{'grey' if contract.channels == 1 else 'rgb'}",
                    "pixels_height": pixels.shape[0],
                    "pixels_width": pixels.shape[1],
                    "contract": json.loads(contract.to_json()),
                    "tensor": f"{name}.{contract_name}.bin",
                    "sha256": hashlib.sha256(tensor.tobytes()).hexdigest(),
                }
            )
    (folder / "index.json").write_text(json.dumps({"cases": cases}, indent=1) + "\n", encoding="utf-8")


def reference(pixels: np.ndarray, contract: Contract) -> np.ndarray:
    """Prepares pixels by the NumPy reference alone, without Pillow's resize."""
    size = image.scaled_size(*pixels.shape[:2], contract)
    place = image.crop_offset(size[0], contract.height), image.crop_offset(size[1], contract.width)
    tensor = image.resize_reference(pixels, size, (*place, contract.height, contract.width))
    return image.stretch_contrast(tensor) if contract.contrast == "stretch" else tensor


def main() -> int:
    """Writes or checks; returns the exit status."""
    if sys.argv[1:] not in ([], ["--check"]):
        print(__doc__, file=sys.stderr)
        return 1
    if not sys.argv[1:]:
        write(FOLDER)
        return 0
    with tempfile.TemporaryDirectory() as temporary:
        write(pathlib.Path(temporary))
        # Other golden files are JSON or archives.
        names = {path.name for path in pathlib.Path(temporary).iterdir()}
        names |= {path.name for path in FOLDER.iterdir() if path.suffix not in (".json", ".zip")}
        # Another zlib compresses a PNG to other bytes of the same pixels, which the .rgb and .grey files compare.
        compared = sorted(name for name in names if not name.endswith(".png"))
        changed = [name for name in compared if _bytes(FOLDER / name) != _bytes(pathlib.Path(temporary) / name)]
    for name in changed:
        print(f"changed: {name}", file=sys.stderr)
    return 1 if changed else 0


def _bytes(path: pathlib.Path) -> bytes | None:
    return path.read_bytes() if path.exists() else None


if __name__ == "__main__":
    sys.exit(main())
