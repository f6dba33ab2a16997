"""Fits the decision of a file and judges it on test pictures; adds a row to `docs/results/decisions.json`.

    python tools/judge_decisions.py --name="Fashion-MNIST without two classes" --model=x.tflite --known=FOLDER \
        --unknown_validation=FOLDER --unknown_test=FOLDER --min_recall=Coat=0.9

`--known` has the folders `validation` and `test`. Two decisions are fitted: with the unknown pictures, and with the
wished recall alone. `tools/update_readme.py` makes the table of `docs/decision.md` of the rows.
"""

import argparse
import json
import pathlib
import subprocess
import tempfile
from typing import Any

from tfl_lite_suite.core.files import read_json, write_json
from tfl_lite_suite.core.verb_process import verb_command

RESULTS = pathlib.Path(__file__).resolve().parent.parent / "docs/results/decisions.json"


def main() -> None:
    """Judges one file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for flag in ("name", "model", "known", "unknown_validation", "unknown_test", "min_recall"):
        parser.add_argument(f"--{flag}", required=True)
    given = parser.parse_args()
    row = judge(given)
    rows = [kept for kept in read_json(RESULTS) or [] if (kept["name"], kept["file"]) != (row["name"], row["file"])]
    write_json(RESULTS, [*rows, row])
    print(json.dumps(row, indent=1))


def judge(given: argparse.Namespace) -> dict[str, Any]:
    """Returns what the decisions of a file are worth on test pictures."""
    known = [f"--data={given.known}"]
    with tempfile.TemporaryDirectory() as folder:
        decided = f"{folder}/decided.tflite"
        into = [f"--output={decided}", f"--model={given.model}"]
        before = run("evaluate", f"--model={given.model}", *known)
        run("decide", *into, *known, f"--unknown={given.unknown_validation}")
        after = run("evaluate", f"--model={decided}", *known, f"--unknown={given.unknown_test}")
        (wish,) = run("decide", *into, *known, f"--min_recall={given.min_recall}")["wishes"]
        recalls = {item["name"]: item for item in run("evaluate", f"--model={decided}", *known)["per_class"]}
    unknown = after["unknown"]
    return {
        "name": given.name,
        "file": pathlib.Path(given.model).stem,
        "n": before["n"],
        "top1": [before["top1"], after["top1"]],
        "calibration_error": [before["calibration_error"], after["calibration_error"]],
        "reject": after["decided"]["decision"]["reject"]["score"],
        "auroc": [unknown["by_max_probability"]["auroc"], unknown["auroc"]],
        "false_alarms_at_95": [unknown["by_max_probability"]["false_alarms_at_95"], unknown["false_alarms_at_95"]],
        "wish": {**wish, "before": _recall(before, wish["class"]), "test": recalls[wish["class"]]["recall"]},
    }


def _recall(document: dict[str, Any], name: str) -> float:
    return float(next(item["recall"] for item in document["per_class"] if item["name"] == name))


def run(verb: str, *flags: str) -> dict[str, Any]:
    """Returns what a verb prints with `--json`."""
    done = subprocess.run(verb_command(verb, "--json", *flags), stdout=subprocess.PIPE, check=True)
    document: dict[str, Any] = json.loads(done.stdout)
    return document


if __name__ == "__main__":
    main()
