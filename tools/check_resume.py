"""Kills `run` at random moments, lets it go on, and compares its results with those of a run that nobody stopped."""

import argparse
import os
import pathlib
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from typing import Any

from tfl_lite_suite.core.files import read_json, sha256, write_json

# Times, which no two runs have in common, and paths.
_OWN = {"seconds", "images_per_s", "data_wait_share", "float_latency_ratio", "output", "chart", "model", "file"}
# The verdict tells latencies.
_MEASURED_ANEW = ("benchmark", "verdict")


def differences(first: pathlib.Path, second: pathlib.Path) -> list[str]:
    """Returns what differs between two work folders: results but for times, predictions, `.tflite` files."""
    found = []
    results = [_timeless(read_json(folder / "results.json")) for folder in (first, second)]
    if None in results:
        return ["one of the runs has no results.json"]
    for name in sorted({*results[0], *results[1]}):
        if results[0].get(name) != results[1].get(name):
            found.append(f"results of {name}")
    files = [_compared(folder) for folder in (first, second)]
    found += [f"{path} is in one of them only" for path in sorted(files[0] ^ files[1])]
    both = sorted(files[0] & files[1])
    return found + [str(path) for path in both if sha256(first / path) != sha256(second / path)]


def _compared(folder: pathlib.Path) -> set[pathlib.Path]:
    return {path.relative_to(folder) for kind in ("*.tflite", "predictions.json") for path in folder.rglob(kind)}


def _timeless(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _timeless(item) for key, item in value.items() if key not in (*_OWN, *_MEASURED_ANEW)}
    return [_timeless(item) for item in value] if isinstance(value, list) else value


class Runs:
    """Runs of one recipe, whole or killed."""

    def __init__(self, options: list[str]) -> None:
        self._command = [sys.executable, "-m", "tfl_lite_suite.run", *options]

    def whole(self, folder: pathlib.Path) -> float:
        """Runs to the end; returns the seconds that it took."""
        begin = time.monotonic()
        with open(folder.with_suffix(".log"), "a") as log:
            status = subprocess.run([*self._command, f"--workdir={folder}"], stdout=log, stderr=log).returncode
        if status:
            sys.exit(f"run in {folder} ended with status {status}; see {log.name}")
        return time.monotonic() - begin

    def killed(self, folder: pathlib.Path, after: float, with_children: bool) -> bool:
        """Runs and kills after some seconds; returns whether there was still something to kill."""
        with open(folder.with_suffix(".log"), "a") as log:
            child = subprocess.Popen(
                [*self._command, f"--workdir={folder}"], stdout=log, stderr=log, start_new_session=True
            )
            try:
                child.wait(after)
            except subprocess.TimeoutExpired:
                (os.killpg if with_children else os.kill)(child.pid, signal.SIGKILL)
        return child.wait() == -signal.SIGKILL


def main() -> None:
    """Exits with 1 where a killed run's results differ."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workdir", type=pathlib.Path, required=True, help="scratch; the killed run is emptied first")
    parser.add_argument("--reference", type=pathlib.Path, help="a finished run of the same recipe; made if absent")
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seconds", type=float, help="greatest time until a kill; half of the reference's if absent")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--output", type=pathlib.Path, help="JSON file for the kills and what was compared")
    parser.add_argument("options", nargs="+", help="flags of run, behind --: --recipe=FILE --data=FOLDER …")
    given = parser.parse_args()
    runs, draw = Runs(given.options), random.Random(given.seed)
    given.workdir.mkdir(parents=True, exist_ok=True)
    reference, folder = given.reference or given.workdir / "reference", given.workdir / "killed"
    most = given.seconds or runs.whole(reference) / 2
    shutil.rmtree(folder, ignore_errors=True)
    folder.with_suffix(".log").unlink(missing_ok=True)
    kills: list[dict[str, Any]] = []
    whole = 0
    while len(kills) < given.kills:
        after = draw.uniform(0.1, most)
        with_children = draw.random() < 0.5
        if not runs.killed(folder, after, with_children):
            _compare(reference, folder)
            shutil.rmtree(folder)
            whole += 1
            continue
        steps = re.findall(r"^\[\d+/\d+\] .*", folder.with_suffix(".log").read_text(), re.MULTILINE)
        kills.append({"after_s": round(after, 1), "children_too": with_children, "step": steps[-1] if steps else None})
        print(f"kill {len(kills)} after {after:.1f} s, last step {steps[-1] if steps else 'none'}", flush=True)
    runs.whole(folder)
    _compare(reference, folder)
    print(f"{len(kills)} kills: the results equal those of the run that nobody stopped")
    if given.output:
        settings, files = (folder / "recipe.yaml").read_text(encoding="utf-8"), sorted(_compared(folder))
        document = {
            "recipe": settings,
            "kills": kills,
            "runs_compared": whole + 1,
            "files_compared": list(map(str, files)),
        }
        write_json(given.output, {**document, "not_compared": sorted({*_OWN, *_MEASURED_ANEW})})


def _compare(first: pathlib.Path, second: pathlib.Path) -> None:
    found = differences(first, second)
    if found:
        sys.exit(f"{first} and {second} differ: {'; '.join(found)}")


if __name__ == "__main__":
    main()
