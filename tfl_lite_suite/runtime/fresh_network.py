"""A network of the suite as a `.tflite` file, freshly initialised, for sizing and speed before any training."""

import pathlib
import subprocess
import sys
from collections.abc import Mapping

import tfl_lite_suite
from tfl_lite_suite.core.cache_folder import cache_folder
from tfl_lite_suite.core.errors import ArgumentError
from tfl_lite_suite.core.verb_process import verb_command


def path_of(name: str, settings: Mapping[str, object]) -> pathlib.Path:
    """Returns where `convert` keeps the file."""
    values = "-".join(f"{key}_{value}" for key, value in sorted(settings.items()))
    return cache_folder() / "networks" / tfl_lite_suite.__version__ / f"{name}-{values}.tflite"


def convert(name: str, settings: Mapping[str, object]) -> str:
    """Has the verb `convert` write the file, in a process of its own, which may load TensorFlow.

    Args:
        name: A network of the suite.
        settings: Flags of `convert`, such as `scheme` and `resolution`.

    Returns:
        Path of the file, in the user's cache; made once for each release, network and settings.

    Raises:
        SuiteError: If it cannot be converted; the message is that of `convert`.
    """
    output = path_of(name, settings)
    if output.is_file():
        return str(output)
    output.parent.mkdir(parents=True, exist_ok=True)
    print(f"converting {name}{', freshly initialised' if 'weights' not in settings else ''} …", file=sys.stderr)
    command = verb_command("convert", f"--model={name}", f"--output={output}")
    command += [f"--{key}={value}" for key, value in settings.items()]
    done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, errors="replace")
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise ArgumentError("model", f"'{name}' could not be converted: {last.removeprefix('error: ')}")
    return str(output)
