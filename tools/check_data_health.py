"""Plants faults in a set of pictures and tells how many of them the verb `data` finds.

    python tools/check_data_health.py --data=FOLDER --name="hand signs" --output=docs/results/data_health.json

Of the pictures drawn, half are `train` and half `test`; 20 of the one are copied into the other, saved anew, smaller,
brighter, cut or turned a little; 20 get another label; and a class of masks is added.
"""

import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
from PIL import Image, ImageEnhance

from tfl_lite_suite import data
from tfl_lite_suite.core import command_line, files
from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.core.image import decode
from tfl_lite_suite.core.verb_process import verb_command

PLANTED = 20


def changed(image: Image.Image, kind: int) -> Image.Image:
    """Returns a near copy of a picture; eight kinds."""
    width, height = image.size
    if kind == 1:
        return image.resize((max(8, width * 6 // 10), max(8, height * 6 // 10)), Image.Resampling.BICUBIC)
    if kind == 2:
        return ImageEnhance.Brightness(image).enhance(1.2)
    if kind == 3:
        return ImageEnhance.Contrast(image).enhance(0.8)
    if kind == 4:
        return image.crop((round(width * 0.05), round(height * 0.03), round(width * 0.98), round(height * 0.96)))
    if kind == 5:
        return image.rotate(2, Image.Resampling.BILINEAR, fillcolor=image.getpixel((0, 0)))
    if kind == 6:
        noise = np.random.default_rng(kind).normal(0, 6, (height, width, 3))
        return Image.fromarray(np.clip(np.asarray(image) + noise, 0, 255).astype(np.uint8))
    if kind == 7:
        return ImageEnhance.Color(image).enhance(0.5)
    return image


def plant(source: str, folder: pathlib.Path, count: int, seed: int) -> dict[str, list[str]]:
    """Writes pictures of a source with faults, and `labels.csv`; returns the files that are faulty, by fault."""
    listing, random = data.listing_of(source), np.random.default_rng(seed)
    listing = listing.subset(random.permutation(len(listing))[:count])
    (folder / "pictures").mkdir(parents=True)
    rows, images = [], []
    wrong = set(random.permutation(len(listing))[:PLANTED].tolist())
    planted: dict[str, list[str]] = {"copies": [], "labels": [], "masks": []}
    for place in range(len(listing)):
        found = listing.read(place)
        pixels = decode(found, 3) if isinstance(found, bytes) else np.repeat(found, 3, axis=2)
        images.append(Image.fromarray(pixels))
        name, label = f"pictures/{place:05d}.png", int(listing.labels[place])
        if place in wrong:
            label = (label + int(random.integers(1, len(listing.class_names)))) % len(listing.class_names)
            planted["labels"].append(name)
        images[-1].save(folder / name)
        rows.append((name, listing.class_names[label], "train" if place % 2 else "test"))
    right = [place for place in range(len(listing)) if place not in wrong]
    for number, place in enumerate(random.permutation(right)[:PLANTED]):
        name = f"pictures/copy_{number:02d}.jpg"
        changed(images[place], number % 8).save(folder / name, quality=int(random.integers(40, 90)))
        rows.append((name, rows[place][1], "test" if place % 2 else "train"))
        planted["copies"].append(name)
    for number in range(2 * PLANTED):
        name = f"pictures/mask_{number:02d}.png"
        _mask(images[number].size, random).save(folder / name)
        rows.append((name, "masks", "train" if number % 2 else "test"))
        planted["masks"].append(name)
    lines = ["file,label,split", *(",".join(f'"{cell}"' for cell in row) for row in rows)]
    (folder / "labels.csv").write_text("\n".join(lines), encoding="utf-8")
    return planted


def _mask(size: tuple[int, int], random: np.random.Generator) -> Image.Image:
    """Returns a blob of one colour on another."""
    across, down = np.meshgrid(np.linspace(-1, 1, size[0]), np.linspace(-1, 1, size[1]))
    x, y, a, b = random.uniform([-0.4, -0.4, 0.2, 0.2], [0.4, 0.4, 0.7, 0.7])
    inside = ((across - x) / a) ** 2 + ((down - y) / b) ** 2 < 1 + 0.3 * np.sin(5 * np.arctan2(down - y, across - x))
    return Image.fromarray((inside * 255).astype(np.uint8)).convert("RGB")


def judge(found: dict[str, object], planted: dict[str, list[str]], count: int) -> dict[str, float]:
    """Returns the share of each fault that was found, and the share of the other pictures that was called faulty."""
    problems: list[dict[str, list[str]]] = found["problems"]  # type: ignore[assignment]
    named = {
        "copies": {file for item in problems if "duplicate" in str(item["code"]) for file in item["files"]},
        "labels": {file for item in problems if item["code"] == "mislabelled" for file in item["files"]},
        "masks": {file for item in problems if str(item["code"]).startswith("mask") for file in item["files"]},
    }
    masks = set(planted["masks"])
    result = {fault: len(named[fault] & set(files)) / len(files) for fault, files in planted.items()}
    result["false_labels"] = len(named["labels"] - set(planted["labels"]) - masks) / (count - PLANTED)
    pairs = [group for item in problems if "near_duplicate" in str(item["code"]) for group in item["groups"]]
    copies = set(planted["copies"])
    result["other_copies"] = sum(not copies & set(group) for group in pairs if not masks & set(group))
    result["false_masks"] = len(named["masks"] - masks) / count
    return result


def main() -> None:
    """Parses the flags, plants, examines and writes the figures."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0], allow_abbrev=False)
    parser.add_argument("--data", required=True)
    parser.add_argument("--output", required=True, help="file of all sets; the figures of --name are replaced")
    parser.add_argument("--name", required=True, help="what the pictures are called in the table of the documentation")
    parser.add_argument("--pictures", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--features", default="auto", choices=("auto", "own", "pretrained"))
    given = parser.parse_args()
    try:
        with tempfile.TemporaryDirectory() as temporary:
            folder = pathlib.Path(temporary) / "set"
            planted = plant(given.data, folder, given.pictures, given.seed)
            command = verb_command("data", f"--data={folder}", f"--features={given.features}", "--json")
            done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
        figures = judge(json.loads(done.stdout), planted, given.pictures)
        document = {"pictures_are": given.name, "data": pathlib.Path(given.data).name}
        document |= {"pictures": given.pictures, "seed": given.seed, "features": given.features}
        sets = (files.read_json(pathlib.Path(given.output)) or {"sets": []})["sets"]
        others = [item for item in sets if item["pictures_are"] != given.name]
        files.write_json(given.output, {"sets": [*others, {**document, **figures}]})
    except (SuiteError, OSError, subprocess.CalledProcessError) as error:
        print(f"error: {command_line.describe(error)}", file=sys.stderr)
        sys.exit(1)
    print(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
