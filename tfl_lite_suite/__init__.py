"""From a folder of labelled images to a small, fast, accurate int8 TensorFlow Lite classifier.

Importing this package loads nothing heavy: TensorFlow is imported by `framework` alone.
"""

import os
import sys
from types import TracebackType

__version__ = "0.1.0"


def _stop_quietly(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Ends a verb that is interrupted while its modules are still loaded as it ends later, without a traceback."""
    if not issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
        return
    print("interrupted. Nothing was begun", file=sys.stderr, flush=True)
    os._exit(130)


# While `python -m` looks for a verb, it is called so.
if sys.argv[:1] == ["-m"]:
    sys.excepthook = _stop_quietly
