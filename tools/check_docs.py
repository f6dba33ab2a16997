"""Runs the commands of the READMEs and of `docs/` as they are written, in a fresh clone, each with a reduced budget.

Flags put behind a command shorten it: one epoch, a few pictures, few timed inferences. Pictures and `.tflite` files
that the reader would bring are made-up pictures and the Android app's model. Exit status 1 if a command fails.
With `--folder` the clone and the results are kept, and a later run runs only what has not succeeded there.
"""

import argparse
import contextlib
import hashlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import time
import venv
from collections.abc import Iterator

import document_commands
import numpy as np
from document_commands import ROOT, Command
from PIL import Image

MODEL = ROOT / "android_demo" / "app" / "src" / "main" / "assets" / "model.tflite"
PICTURES = ("FOLDER", "PICTURES")
QUICK = ("advise", "benchmark", "doctor", "evaluate", "lint", "run", "summary")
_VERB = re.compile(r"python3? -m tfl_lite_suite\.(\w+)")
_INVALID = 3
_SHORT_TRAINING = (
    "--set=train.epochs=1 --set=train.head_epochs=0 --set=prune.epochs=1 --set=quantize.epochs=1 "
    "--set=distill.epochs=1 --set=data.train_limit=64 --set=data.test_limit=32 --set=benchmark.runs=3 "
    "--set=benchmark.min_seconds=0"
)
_SHORTENED = {
    **dict.fromkeys(("quantize", "run", "train"), _SHORT_TRAINING),
    "search": "--trials=2 " + _SHORT_TRAINING,
    "benchmark": "--runs=3 --min_seconds=0",
    "evaluate": "--limit=100",
    "tools/demo.sh": _SHORT_TRAINING,
    "tools/test.sh": "--collect-only --quiet",
}
# Programs without which a command cannot run; commands whose program is absent are reported and left out.
_NEEDS = {
    **{"tools/build_apk.sh": "aapt", "mvn ": "mvn", "adb ": "adb", "gradle ": "gradle"},
    **{"--to=web": "npm", "--target=browser": "chromium"},
}


def shortened(text: str) -> str:
    """Returns the command with the flags behind it that reduce its budget."""
    verb = _VERB.search(text)
    text = re.sub(r"--seeds=(\d+)[\d,]*", r"--seeds=\1", text)
    keys = [verb[1]] if verb else [script for script in _SHORTENED if script.startswith("tools/") and script in text]
    return " ".join([text, *(_SHORTENED[key] for key in keys if key in _SHORTENED)])


def quick(command: Command) -> str:
    """Returns what of a command takes seconds and no TensorFlow: of a `run` its plan; empty if nothing does."""
    verb = _VERB.search(command.text)
    if (
        command.not_run
        or not command.whole
        or not verb
        or verb[1] not in QUICK
        or document_commands.files(command.page)
    ):
        return ""
    text = shortened(document_commands.without_brackets(command.text))
    if verb[1] == "run":
        return f"{text} --dry_run"
    return "" if "--recipe" in text else text


def missing_programs(text: str) -> list[str]:
    """Returns the programs without which a command cannot run and which are not here."""
    return [program for part, program in _NEEDS.items() if part in text and not shutil.which(program)]


def furnish(folder: pathlib.Path, text: str) -> None:
    """Puts into a folder what the reader of a command would have: pictures, and models."""
    for name in PICTURES:
        if not (folder / name).exists():
            write_pictures(folder / name)
    for name in re.findall(r"[\w./-]+\.tflite", " ".join(re.findall(r"--(?:model|compare)=(\S+)", text))):
        if not (folder / name).exists():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(MODEL, folder / name)


def write_pictures(folder: pathlib.Path, classes: int = 10, each: int = 8) -> None:
    """Writes pictures of noise around one colour a class."""
    generator = np.random.default_rng(0)
    for label in range(classes):
        (folder / str(label)).mkdir(parents=True)
        for number in range(each):
            colour = np.full((72, 96, 3), (25 * label, 255 - 25 * label, 128))
            noisy = np.clip(colour + generator.normal(0, 20, colour.shape), 0, 255).astype(np.uint8)
            Image.fromarray(noisy).save(folder / str(label) / f"{number}.png")


def execute(text: str, folder: pathlib.Path) -> tuple[int, str]:
    """Runs a command in a folder that has a `.venv`; returns its exit status and the end of what it said."""
    furnish(folder, text)
    path = os.pathsep.join([str(folder / ".venv" / "bin"), os.environ["PATH"]])
    environment = {**os.environ, "PATH": path, "PYTHONPATH": str(folder)}
    done = subprocess.run(
        ["bash", "-c", text], cwd=folder, env=environment, capture_output=True, text=True, stdin=subprocess.DEVNULL
    )
    measured = done.returncode == _INVALID and ".benchmark" in text
    return (0 if measured else done.returncode), (done.stderr or done.stdout)[-2000:]


def clone(folder: pathlib.Path) -> None:
    """Clones what is committed, with a `.venv`; a clone that is there is brought to what is committed."""
    if folder.exists():
        subprocess.run(["git", "-C", str(folder), "fetch", "--quiet", str(ROOT), "HEAD"], check=True)
        subprocess.run(["git", "-C", str(folder), "reset", "--quiet", "--hard", "FETCH_HEAD"], check=True)
    else:
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(folder)], check=True)
    make_environment(folder)


def make_environment(folder: pathlib.Path) -> None:
    """Makes a `.venv` that sees the packages of the one in use, which no command of the documents may change."""
    made = folder / ".venv"
    shutil.rmtree(made, ignore_errors=True)
    venv.create(made, symlinks=True)
    packages = pathlib.Path(sysconfig.get_path("purelib", vars={"base": str(made)}))
    (packages / "packages.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    for program in ("mypy", "pre-commit", "ruff"):
        if shutil.which(program, path=f"{sys.prefix}/bin"):
            (made / "bin" / program).symlink_to(f"{sys.prefix}/bin/{program}")
    # What tools/environment.sh compares, so that it installs nothing.
    digest = hashlib.sha256((ROOT / "setup.cfg").read_bytes()).hexdigest()
    (made / "stamp").write_text(f"{sys.version} {digest}\n", encoding="utf-8")


def succeeded(results: pathlib.Path) -> set[str]:
    """Returns the commands that succeeded according to a file of results, one JSON document a line."""
    lines = results.read_text(encoding="utf-8").splitlines() if results.exists() else []
    return {document["command"] for document in map(json.loads, lines) if document["status"] == 0}


def run(folder: pathlib.Path, only: str) -> int:
    """Runs every command that has not succeeded yet in `folder/clone`; returns how many failed.

    The result of each is added to `folder/results.jsonl` as soon as it is known.
    """
    clone(folder / "clone")
    results, failed = folder / "results.jsonl", 0
    seen = succeeded(results)
    for command in (command for page in document_commands.pages() for command in document_commands.commands(page)):
        text = shortened(document_commands.without_brackets(command.text))
        if text in seen or not command.whole or not re.search(only, f"{command.where} {text}"):
            continue
        seen.add(text)
        missing = missing_programs(text)
        if reason := command.not_run or ("" if not missing else f"there is no {missing[0]} here"):
            print(f"not run  {command.where}: {command.text} ({reason})", flush=True)
            continue
        for name, content in document_commands.files(command.page).items():
            (folder / "clone" / name).write_text(content, encoding="utf-8")
        start = time.monotonic()
        status, said = execute(text, folder / "clone")
        seconds = time.monotonic() - start
        with results.open("a", encoding="utf-8") as stream:
            document = {"command": text, "where": command.where, "status": status, "seconds": round(seconds, 1)}
            stream.write(json.dumps(document) + "\n")
        print(f"{'FAILED' if status else 'ok    '} {seconds:4.0f} s  {command.where}: {text}", flush=True)
        if status:
            failed += 1
            print(said, flush=True)
    return failed


@contextlib.contextmanager
def kept_or_temporary(name: str) -> Iterator[pathlib.Path]:
    """Gives the folder of this name, made if it is not there; a temporary one if the name is empty."""
    if name:
        pathlib.Path(name).mkdir(parents=True, exist_ok=True)
        yield pathlib.Path(name).resolve()
    else:
        with tempfile.TemporaryDirectory() as temporary:
            yield pathlib.Path(temporary)


def main() -> None:
    """Runs every command once, and tells the time of each."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--only", default="", help="commands to run: a regular expression for page or command")
    parser.add_argument("--folder", default="", help="keep clone and results here; a later run goes on where it ended")
    arguments = parser.parse_args()
    with kept_or_temporary(arguments.folder) as folder:
        failed = run(folder, arguments.only)
    sys.exit(f"{failed} commands failed" if failed else 0)


if __name__ == "__main__":
    main()
