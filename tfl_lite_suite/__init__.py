"""From a folder of labelled images to a small, fast, accurate int8 TensorFlow Lite classifier.

The names below are loaded when they are first used: importing this package loads nothing heavy.

Example:
    >>> import tfl_lite_suite as tls
    >>> images = tls.load_images("leaves", resolution=32)
    >>> model = tls.Classifier.build("micro", images)
    >>> result = model.train(images, epochs=2, batch_size=4)
    >>> model.quantize(images, "ptq").save("leaf.tflite")
    >>> tls.TfliteModel("leaf.tflite").predict("leaf.png").label in images.class_names
    True
"""

import importlib
import os
import sys
from types import TracebackType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tfl_lite_suite.api.classifier import Classifier as Classifier
    from tfl_lite_suite.api.images import Images as Images
    from tfl_lite_suite.api.images import load_images as load_images
    from tfl_lite_suite.api.tflite_model import TfliteModel as TfliteModel
    from tfl_lite_suite.benchmark.result import Measurement as Measurement
    from tfl_lite_suite.convert.result import Conversion as Conversion
    from tfl_lite_suite.core.contract import Contract as Contract
    from tfl_lite_suite.core.errors import SuiteError as SuiteError
    from tfl_lite_suite.decide.result import DecideResult as DecideResult
    from tfl_lite_suite.evaluate.result import Evaluation as Evaluation
    from tfl_lite_suite.export.result import Export as Export
    from tfl_lite_suite.lint.result import LintReport as LintReport
    from tfl_lite_suite.predict.result import Prediction as Prediction
    from tfl_lite_suite.prune.result import PruneResult as PruneResult
    from tfl_lite_suite.quantize.result import QuantizeResult as QuantizeResult
    from tfl_lite_suite.train.result import TrainResult as TrainResult

__version__ = "0.1.0"

_HOMES = {
    "Classifier": "api.classifier",
    "Contract": "core.contract",
    "Conversion": "convert.result",
    "DecideResult": "decide.result",
    "Evaluation": "evaluate.result",
    "Export": "export.result",
    "Images": "api.images",
    "LintReport": "lint.result",
    "Measurement": "benchmark.result",
    "Prediction": "predict.result",
    "PruneResult": "prune.result",
    "QuantizeResult": "quantize.result",
    "SuiteError": "core.errors",
    "TfliteModel": "api.tflite_model",
    "TrainResult": "train.result",
    "load_images": "api.images",
}

__all__ = ["__version__", *_HOMES]  # noqa: PLE0604

if not TYPE_CHECKING:  # For a type checker any name would be there.

    def __getattr__(name: str) -> object:
        if name not in _HOMES:
            raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
        value = getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


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
