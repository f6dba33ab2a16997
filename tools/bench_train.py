"""Times a training step of the suite against `keras.applications` with plain `fit`, on the CPU.

Both train by `fit` on the same random pictures, in turns within one process, so that a busy machine slows both. What
differs is the network and the gradients of its convolutions. Where TensorFlow computes by oneDNN, which it does by
itself on CPUs with AVX-512 VNNI, its own gradients are fast; TF_ENABLE_ONEDNN_OPTS=0 shows the others.

    python tools/bench_train.py --model=mobilenet_v1 --resolution=48 --batch_size=128
"""

import time
from typing import Any

from absl import flags

from tfl_lite_suite import models
from tfl_lite_suite.core import command_line
from tfl_lite_suite.core.errors import unknown_name

STOCK = {
    "mobilenet_v1": "MobileNet",
    "mobilenet_v2": "MobileNetV2",
    "mobilenet_v3_large": "MobileNetV3Large",
    "mobilenet_v3_small": "MobileNetV3Small",
    "efficientnet_b0": "EfficientNetB0",
    "resnet50": "ResNet50",
    "vgg16": "VGG16",
}
CLASSES = 10

_MODEL = flags.DEFINE_string("model", "mobilenet_v1", "A network that keras.applications has, or all.")
_RESOLUTION = flags.DEFINE_integer("resolution", 48, "Height and width of the pictures, in pixels.")
_BATCH_SIZE = flags.DEFINE_integer("batch_size", 128, "Pictures a step.")
_STEPS = flags.DEFINE_integer("steps", 2, "Steps a round.")
_ROUNDS = flags.DEFINE_integer("rounds", 5, "Rounds of each, in turns, after one that is not counted.")


def main() -> list[dict[str, Any]]:
    """Returns one record a network: `model, onednn, stock_ms, suite_ms` (fastest step of each) and their `ratio`."""
    if _MODEL.value != "all" and _MODEL.value not in STOCK:
        raise unknown_name("--model", _MODEL.value, [*STOCK, "all"], "network of keras.applications")
    return [_compare(name) for name in (STOCK if _MODEL.value == "all" else [_MODEL.value])]


def _compare(name: str) -> dict[str, Any]:
    from tensorflow.python.util import _pywrap_util_port

    from tfl_lite_suite.core.framework import keras
    from tfl_lite_suite.train.fast_gradient import fast_gradients

    shape = (_RESOLUTION.value, _RESOLUTION.value, 3)
    stock = getattr(keras.applications, STOCK[name])(input_shape=shape, classes=CLASSES, weights=None)
    suite = models.build(name, shape, CLASSES)
    stock.compile("sgd", "sparse_categorical_crossentropy")
    suite.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    times: dict[str, list[float]] = {"stock": [], "suite": []}
    for _ in range(_ROUNDS.value + 1):
        times["stock"].append(_fit(stock, shape))
        with fast_gradients():
            times["suite"].append(_fit(suite, shape))
    keras.backend.clear_session()
    # The fastest: other processes only ever add to a time.
    stock_ms, suite_ms = (min(values[1:]) for values in times.values())
    return {
        "model": name,
        "onednn": _pywrap_util_port.IsMklEnabled(),
        "stock_ms": stock_ms,
        "suite_ms": suite_ms,
        "ratio": stock_ms / suite_ms,
        "raw_ms": {key: values[1:] for key, values in times.items()},
    }


def _fit(model: Any, shape: tuple[int, int, int]) -> float:
    """Returns the milliseconds that a step of `fit` takes."""
    from tfl_lite_suite.core.framework import tf

    images = tf.random.stateless_uniform((_BATCH_SIZE.value, *shape), (1, 2), 0.0, 255.0)
    labels = tf.range(_BATCH_SIZE.value) % CLASSES
    data = tf.data.Dataset.from_tensors((images, labels)).cache().repeat(_STEPS.value)
    start = time.perf_counter()
    model.fit(data, verbose=0)
    return (time.perf_counter() - start) / _STEPS.value * 1e3


def show(records: list[dict[str, Any]]) -> str:
    """Returns the table for people."""
    lines = [f"{'network':<20}{'keras.applications':>20}{'suite':>12}{'ratio':>9}"]
    for record in records:
        lines.append(
            f"{record['model']:<20}{record['stock_ms']:>17.0f} ms{record['suite_ms']:>9.0f} ms{record['ratio']:>8.2f}x"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    command_line.run_verb("bench_train", __doc__.splitlines()[0], main, show)
