"""The one place that loads TensorFlow and decides which Keras the suite uses.

TFMOT works on Keras 2 layers only, so the suite's Keras is `tf-keras`. `import keras` elsewhere stays Keras 3. Where a
notebook imported TensorFlow before, its `tf.keras` stays what it was, and TFMOT finds `tf-keras` beside it.
"""

import contextlib
import gc
import importlib.metadata
import logging
import os
import sys
from collections.abc import Iterator
from types import ModuleType

from tfl_lite_suite.core import tensorflow_check
from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.core.native_messages import native_messages

if sys.flags.optimize > 1:
    raise SuiteError("python -OO takes away docstrings that Keras reads when it is loaded. Use python or python -O")

_TENSORFLOW_IS_THE_USERS = "tensorflow" in sys.modules
if not _TENSORFLOW_IS_THE_USERS:
    os.environ["TF_USE_LEGACY_KERAS"] = "1"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


@contextlib.contextmanager
def _no_garbage_collection() -> Iterator[None]:
    """Collects no garbage meanwhile, nor among what was loaded: there is next to none, and looking takes its time."""
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if collects:
            gc.enable()


try:
    with native_messages(), _no_garbage_collection():
        import tensorflow as tf
        import tf_keras as keras

        if _TENSORFLOW_IS_THE_USERS:
            # TensorFlow decides at the first access which Keras `tf.keras` is, and TFMOT asks for Keras 2.
            _ = tf.keras.__name__
        tf.config.list_physical_devices()  # Looks for GPUs now, while its messages are kept off the terminal.
except ImportError as error:
    raise tensorflow_check.missing(error) from error


def newest_keras() -> ModuleType | None:
    """Returns Keras 3, or `None` where it is not installed. The suite only checks with it that its files open there."""
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    try:
        import keras as newest
    except ImportError:
        return None
    found: ModuleType = newest
    return found


def _minor(package: str) -> str:
    return ".".join(importlib.metadata.version(package).split(".")[:2])


if _minor("tf_keras") != ".".join(tf.__version__.split(".")[:2]):
    raise SuiteError(
        f"tf-keras {importlib.metadata.version('tf_keras')} does not fit TensorFlow {tf.__version__}: "
        f"install tf-keras {_minor('tensorflow')}.*, or run python -m tfl_lite_suite.doctor"
    )

# Dropout draws from a generator of its own layer, which training can set, so that a resumed run draws alike.
keras.backend.experimental.enable_tf_random_generator()
for _logger in ("tensorflow", "absl"):
    logging.getLogger(_logger).setLevel(logging.ERROR)

__all__ = ["keras", "native_messages", "newest_keras", "tf"]
