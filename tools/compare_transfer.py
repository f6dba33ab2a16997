"""Compares transfer learning with a linear probe and with plain fine-tuning, on small and unbalanced sets of pictures.

Each set is drawn from a folder of labelled pictures (or `fashion_mnist`): some training pictures, and from the others
up to 1,000 test pictures in the same proportions. Each seed draws another set. The int8 files are compared with the
float network on the same test pictures. `tools/update_readme.py` makes the table of `docs/training.md` from
`docs/results/transfer_learning.json`.

    python tools/compare_transfer.py work/transfer --seeds=0,1 \
        --set few,photos/,300,10,0 --set inspection,photos/,1344,6,0.7,grey

A set is `NAME,FOLDER,PICTURES,CLASSES,SHARE[,grey]`: PICTURES training pictures of the first CLASSES classes, a SHARE
of them in the first class (0: all alike), in colour or in grey. A first class that is too small takes in the classes
that are left over. What the output holds already is not measured again.
"""

import argparse
import dataclasses
import io
import json
import pathlib
import subprocess
import sys
from typing import Any

import numpy as np
from PIL import Image

from tfl_lite_suite import data
from tfl_lite_suite.core import files
from tfl_lite_suite.core.types import JsonObject
from tfl_lite_suite.core.verb_process import verb_command

ROOT = pathlib.Path(__file__).resolve().parent.parent
OUTPUT = ROOT / "docs" / "results" / "transfer_learning.json"
RECIPE = ROOT / "recipes" / "photos_transfer.yaml"
GREY = "grey"
_MOST_TEST_PICTURES = 1000
_ENGINE = "litert"
_FILES = {"int8_ptq": "int8 without training", "int8_qat": "int8 with training"}
# As photos_transfer.yaml was before: a new classifier first, then all layers with the statistics of each batch.
_PLAIN = {
    "transfer": "off",
    "loss": "cross_entropy",
    "select": "top1",
    "head_epochs": 2,
    "head_learning_rate": 0.005,
    "epochs": 12,
    "batch_size": 32,
    "learning_rate": 0.01,
    "weight_decay": 0.0005,
    "label_smoothing": 0.1,
    "clip_norm": 1.0,
}


@dataclasses.dataclass(frozen=True)
class Subset:
    """A set of pictures.

    Attributes:
        name: Names it in the table.
        source: A folder of labelled pictures, or `fashion_mnist`.
        pictures: Training pictures.
        classes: Their classes.
        share: Share of the first class; 0 where all are alike.
        grey: Whether the colours are taken away.
    """

    name: str
    source: str
    pictures: int
    classes: int
    share: float
    grey: bool = False

    @classmethod
    def parse(cls, text: str) -> "Subset":
        """Reads `NAME,FOLDER,PICTURES,CLASSES,SHARE[,grey]`."""
        name, source, pictures, classes, share, *color = text.split(",")
        if color not in ([], [GREY]):
            raise ValueError(text)
        return cls(name, source, int(pictures), int(classes), float(share), bool(color))

    def counts(self) -> list[int]:
        """Returns the training pictures of each class."""
        rest = self.classes - 1
        first = round(self.pictures * self.share) if self.share else self.pictures // self.classes
        others = [(self.pictures - first) // rest + (index < (self.pictures - first) % rest) for index in range(rest)]
        return [first, *others]


def write(subset: Subset, folder: pathlib.Path, seed: int) -> None:
    """Writes a set's pictures below `train` and `test` of a folder, one subfolder a class."""
    listing, random = data.listing_of(subset.source), np.random.default_rng(seed)
    pools = [random.permutation(np.flatnonzero(listing.labels == label)) for label in range(len(listing.class_names))]
    spare = pools[subset.classes :]
    counts = subset.counts()
    while len(pools[0]) < 2 * counts[0] and spare:
        pools[0] = np.concatenate([pools[0], spare.pop(0)])
    least = min((len(pool) - count) / count for pool, count in zip(pools, counts, strict=False))
    times = min(least, _MOST_TEST_PICTURES / sum(counts))
    if times <= 0:
        sys.exit(f"{subset.name}: {subset.source} has too few pictures")
    for label, count in enumerate(counts):
        # The classes that joined the first one must show in training and test alike.
        pool = random.permutation(pools[label])
        tested = round(count * times)
        for part, rows in (("train", pool[:count]), ("test", pool[count : count + tested])):
            target = folder / part / f"class_{label}"
            target.mkdir(parents=True, exist_ok=True)
            for row in rows:
                _write_picture(listing.read(int(row)), target / f"{row}", subset.grey)


def _write_picture(content: bytes | np.ndarray, path: pathlib.Path, grey: bool) -> None:
    if isinstance(content, bytes) and not grey:
        path.with_suffix(".jpg").write_bytes(content)
        return
    is_file = isinstance(content, bytes)
    picture = Image.open(io.BytesIO(content)) if is_file else Image.fromarray(np.squeeze(content))
    (picture.convert("L") if grey else picture).save(path.with_suffix(".png"))


def run(source: pathlib.Path, workdir: pathlib.Path, seed: int, changes: dict[str, Any]) -> dict[str, Any]:
    """Returns what `run` says of the recipe with some changes."""
    changes = {"seed": seed, "benchmark.engines": f"[{_ENGINE}]", **changes}
    settings = [f"--set={key}={value}" for key, value in changes.items()]
    given = f"--recipe={RECIPE}", f"--data={source}", f"--workdir={workdir}"
    done = subprocess.run(
        verb_command("run", *given, *settings, "--json"), stdout=subprocess.PIPE, text=True, check=False
    )
    if done.returncode:
        sys.exit(done.returncode)
    return dict(json.loads(done.stdout))


def measure(subset: Subset, workdir: pathlib.Path, seed: int, epochs: int) -> list[dict[str, Any]]:
    """Trains, in both ways where plain fine-tuning has epochs, and quantizes; returns a row a method."""
    source = workdir / "pictures"
    if not source.is_dir():
        write(subset, source, seed)
    of_set = {**dataclasses.asdict(subset), "source": pathlib.Path(subset.source).name, "seed": seed}
    results = run(source, workdir / "transfer", seed, {"stages": "[train, quantize, convert, evaluate]"})
    found = results["train"]
    kept = {"kept": found["transfer"]["kept"], "way": found["transfer"]["share"]}
    rows = [("linear probe", found["linear_probe"], {}), ("transfer", found, {"seconds": found["seconds"], **kept})]
    if epochs:
        settings = {f"train.{key}": value for key, value in {**_PLAIN, "epochs": epochs}.items()}
        plain = run(source, workdir / "plain", seed, {"stages": "[train]", **settings})["train"]
        rows.insert(0, ("plain fine-tuning", plain, {"seconds": plain["seconds"]}))
    rows += [(_FILES[row["name"]], row, _against_float(row)) for row in results["ledger"] if _is_file(row)]
    return [
        {**of_set, "method": name, "top1": figures["top1"], "balanced_accuracy": figures["balanced_accuracy"], **more}
        for name, figures, more in rows
    ]


def _is_file(row: JsonObject) -> bool:
    return row["name"] in _FILES and row["runtime"].startswith(_ENGINE)


def _against_float(row: JsonObject) -> JsonObject:
    """Returns the difference in top-1 to the float network on the same test pictures, and its 95 % interval."""
    return {"change": row["against_float"]["points"], "ci95": row["against_float"]["ci95"]}


def main() -> None:
    """Measures what the output lacks."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("workdir", type=pathlib.Path)
    parser.add_argument("--set", action="append", required=True, type=Subset.parse, dest="subsets")
    parser.add_argument("--seeds", default="0")
    parser.add_argument("--epochs", type=int, default=_PLAIN["epochs"], help="Of plain fine-tuning; 0 leaves it out.")
    parser.add_argument("--output", type=pathlib.Path, default=OUTPUT)
    given = parser.parse_args()
    rows = (files.read_json(given.output) or {"rows": []})["rows"]
    for seed in map(int, given.seeds.split(",")):
        for subset in given.subsets:
            if not any((row["name"], row["seed"]) == (subset.name, seed) for row in rows):
                rows += measure(subset, given.workdir / f"{subset.name}_{seed}", seed, given.epochs)
                files.write_json(given.output, {"rows": rows})


if __name__ == "__main__":
    main()
