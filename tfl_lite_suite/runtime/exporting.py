"""A `.tflite` file in the format of another engine, written by the verb `export` where it has not been before."""

import os
import pathlib
import subprocess
import sys

import tfl_lite_suite
from tfl_lite_suite.core.cache_folder import cache_folder
from tfl_lite_suite.core.errors import ArgumentError, SuiteError
from tfl_lite_suite.core.files import sha256
from tfl_lite_suite.core.verb_process import verb_command
from tfl_lite_suite.runtime import engines, exported_file
from tfl_lite_suite.runtime.session import TFLITE


def file_for(path: str, engine: str) -> str:
    """Returns the file that an engine runs.

    Args:
        path: The model: a `.tflite` file, or one in the engine's own format.
        engine: Name of the engine.

    Returns:
        `path`, or its export in the user's cache; made once for each release and content of the file, in a process of
        its own.

    Raises:
        SuiteError: If the file is in another engine's format, or cannot be exported; the message is that of `export`.
    """
    wanted, given = engines.get(engine), engines.format_of(path)
    if wanted.format == given:
        return path
    if given != TFLITE:
        runs = f"{wanted.suffix} and .tflite files" if wanted.format != TFLITE else f"{wanted.suffix} files"
        raise ArgumentError("engine", f"{engine} runs {runs}. Received: '{path}'")
    if not os.path.isfile(path):
        raise ArgumentError("model", f"no such file '{path}'")
    folder = cache_folder() / "exported" / f"{tfl_lite_suite.__version__}-{exported_file.VERSION}" / sha256(path)[:16]
    output = folder / (pathlib.Path(path).stem + wanted.suffix)
    if not pathlib.Path(f"{output}.json").is_file():
        _export(path, wanted.format, folder)
    return str(output)


def _export(path: str, format: str, folder: pathlib.Path) -> None:
    print(f"exporting {os.path.basename(path)} to {format} …", file=sys.stderr)
    command = verb_command("export", f"--model={path}", f"--to={format}")
    done = subprocess.run(
        [*command, f"--output_dir={folder}"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
    )
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        reason = last.removeprefix("error: ")
        raise SuiteError(reason if path in reason else f"'{path}': {reason}")
