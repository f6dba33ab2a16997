"""The child process of `process`: limits itself, works on one file, and writes one line of JSON last.

Usage: `python -m tfl_lite_suite.lint.child analyse TARGET FILE SECONDS` or `… trial ENGINE FILE SECONDS`.
"""

import contextlib
import os
import sys
import traceback

_GIBIBYTE = 1 << 30


def main(work: str, argument: str, path: str, seconds: str) -> None:
    """Does the work and prints its result.

    Args:
        work: `analyse` or `trial`.
        argument: The target runtime of an analysis, or the package of the runtime to try.
        path: The `.tflite` file.
        seconds: Time of the processor that it may take.
    """
    size = os.path.getsize(path) if os.path.exists(path) else 0
    _limit(2 * _GIBIBYTE + size if work == "analyse" else 6 * _GIBIBYTE + 4 * size, int(seconds))
    from tfl_lite_suite.core.command_line import describe
    from tfl_lite_suite.core.files import to_json

    try:
        result = _analyse(argument, path) if work == "analyse" else _try(argument, path)
    except Exception as error:
        result = {"error": describe(error), "traceback": traceback.format_exc()}
    print("\n" + to_json(result), end="", flush=True)


def _limit(memory: int, seconds: int) -> None:
    # Windows has no such limits.
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_FSIZE, (_GIBIBYTE, _GIBIBYTE))


def _analyse(target: str, path: str) -> dict[str, object]:
    from tfl_lite_suite.lint import analysis

    return analysis.analyse(path, target).document()


def _try(engine: str, path: str) -> dict[str, object]:
    """Runs one inference with zeros; each phase is reported before it begins, in case it is the last."""
    import importlib

    import numpy as np

    try:
        print("load", flush=True)
        module = importlib.import_module(f"{engine}.interpreter")
        interpreter = module.Interpreter(model_path=path, num_threads=1)
        print("allocate", flush=True)
        interpreter.allocate_tensors()
        for tensor in interpreter.get_input_details():
            if tensor["dtype"] not in (np.bytes_, np.object_):
                interpreter.set_tensor(tensor["index"], np.zeros(tensor["shape"], tensor["dtype"]))
        print("invoke", flush=True)
        interpreter.invoke()
    except (ValueError, RuntimeError, TypeError) as error:
        return {"error": " ".join(str(error).split())[:300]}
    return {}


if __name__ == "__main__":
    main(*sys.argv[1:])
    # The interpreter's destructor may crash after the answer was given.
    os._exit(0)
