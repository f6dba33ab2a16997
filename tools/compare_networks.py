"""Trains, quantizes and prunes networks alike on pictures of your own, with several seeds, and records what each loses.

    python tools/compare_networks.py --data=tiny_imagenet_20 [--networks=mobilenet_v2,efficientnet_b0] [--seeds=0,1,2]
        [--resolution=64] [--epochs=12] [--workdir=work/compare] [--output=docs/results/compare_photos.json]

Each network is run by its own recipe, `recipes/NETWORK_fashion_mnist.yaml`, with `--data`, in colour, at this
resolution, on all training pictures, without timing: float, PTQ, QAT, then pruned, and int8 again. A run that was
stopped goes on where it was; the figures so far are written after each run, and what the output holds already is not
measured again. `tools/update_readme.py` makes the table.
"""

import argparse
import pathlib
import subprocess
import sys
from typing import Any

from tfl_lite_suite import models
from tfl_lite_suite.core import command_line, files
from tfl_lite_suite.core.errors import SuiteError, unknown_name
from tfl_lite_suite.core.verb_process import verb_command

ROOT = pathlib.Path(__file__).resolve().parent.parent
ENGINE = "litert"
STAGES = ("train", "quantize", "convert", "prune", "quantize", "convert", "evaluate")


def command(network: str, seed: int, given: argparse.Namespace) -> list[str]:
    """Returns the command that runs one network with one seed."""
    recipe = ROOT / "recipes" / f"{network}_fashion_mnist.yaml"
    settings = {
        "name": f"{network}_photos",
        "data.color": "rgb",
        "data.resolution": given.resolution,
        "data.train_limit": "null",
        "train.epochs": given.epochs,
        "seed": seed,
        "stages": f"[{', '.join(STAGES)}]",
    }
    return verb_command(
        "run",
        f"--recipe={recipe}",
        f"--data={given.data}",
        f"--workdir={given.workdir / network / f'seed_{seed}'}",
        *(f"--set={key}={value}" for key, value in settings.items()),
        "--json",
    )


def figures(results: dict[str, Any]) -> dict[str, Any]:
    """Returns what the table needs of a run.

    Returns:
        `params`, `top1` of each file, `changes` against the float network on the same pictures with 95 % intervals,
        and `agreement` of the QAT file with its Keras model; shares.
    """
    top1 = {row["name"]: row["top1"] for row in results["evaluate"] if row["engine"] == ENGINE}
    rows = {(row["name"], row["runtime"].partition(" ")[0]): row for row in results["ledger"]}
    agreement = rows.get(("int8_qat", ENGINE), {}).get("agreement")
    against = {name: rows.get((name, ENGINE), {}).get("against_float") for name in ("int8_ptq", "int8_qat")}
    changes = {name: [change["points"], *change["ci95"]] for name, change in against.items() if change}
    return {"params": results["train"]["params"], "top1": top1, "changes": changes, "agreement": agreement}


def compare(given: argparse.Namespace) -> dict[str, Any]:
    """Runs every network with every seed; returns the document, which `given.output` holds after each run."""
    of = {"resolution": given.resolution, "epochs": given.epochs}
    document: dict[str, Any] = files.read_json(given.output) or {**of, "networks": {}}
    if any(document[key] != value for key, value in of.items()):
        raise SuiteError(f"--output: '{given.output}' is of another resolution or number of epochs. Received: {of}")
    for seed in given.seeds:
        for network in given.networks:
            if str(seed) in document["networks"].get(network, {}):
                continue
            print(f"{network}, seed {seed}", file=sys.stderr, flush=True)
            workdir = given.workdir / network / f"seed_{seed}"
            workdir.mkdir(parents=True, exist_ok=True)
            with open(workdir / "run.log", "wb") as log:
                done = subprocess.run(command(network, seed, given), stdout=subprocess.DEVNULL, stderr=log, check=False)
            if done.returncode:
                last = (workdir / "run.log").read_text(encoding="utf-8", errors="replace").strip().rpartition("\n")[2]
                raise SuiteError(f"{network}, seed {seed}: {last.removeprefix('error: ')}")
            found = figures(files.read_json(workdir / "results.json"))
            document["networks"].setdefault(network, {})[str(seed)] = found
            files.write_json(given.output, document)
    return document


def main() -> None:
    """Compares the networks that the flags name."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True)
    parser.add_argument("--networks", type=lambda text: text.split(","), default=models.names())
    parser.add_argument("--seeds", type=lambda text: [int(seed) for seed in text.split(",")], default=[0, 1, 2])
    parser.add_argument("--resolution", type=int, default=64)
    parser.add_argument("--epochs", type=int, default=12)
    parser.add_argument("--workdir", type=pathlib.Path, default=pathlib.Path("work/compare"))
    parser.add_argument("--output", type=pathlib.Path, default=ROOT / "docs" / "results" / "compare_photos.json")
    given = parser.parse_args()
    try:
        for network in given.networks:
            if network not in models.names():
                raise unknown_name("--networks", network, models.names(), "network")
        compare(given)
    except (SuiteError, OSError) as error:
        sys.exit(f"error: {command_line.describe(error)}")


if __name__ == "__main__":
    main()
