"""Mixed precision: layers compute in float16 where a GPU does that faster; weights stay float32.

Source: Micikevicius et al., 2018, https://arxiv.org/abs/1710.03740, sections 3.1 and 3.2.
"""

import contextlib
from collections.abc import Iterator

from tfl_lite_suite.core.framework import keras, tf
from tfl_lite_suite.core.types import KerasModel, KerasOptimizer

# Of NVIDIA's GPUs, those from this compute capability on multiply float16 faster than float32.
_TENSOR_CORES = (7, 0)


def policy() -> str:
    """Returns the Keras policy that training should use here: `mixed_float16`, or `float32` where no GPU gains."""
    devices = tf.config.list_physical_devices("GPU")
    details = [tf.config.experimental.get_device_details(device) for device in devices]
    fast = details and all(detail.get("compute_capability", (0, 0)) >= _TENSOR_CORES for detail in details)
    return "mixed_float16" if fast else "float32"


@contextlib.contextmanager
def layers_of(name: str) -> Iterator[None]:
    """Makes layers that are built inside the block follow the policy called `name`."""
    before = keras.mixed_precision.global_policy()
    keras.mixed_precision.set_global_policy(name)
    try:
        yield
    finally:
        keras.mixed_precision.set_global_policy(before)


def scaling(optimizer: KerasOptimizer, model: KerasModel) -> KerasOptimizer:
    """Returns the optimizer, with the loss scaled dynamically if layers of the model compute in float16."""
    half = any(layer.compute_dtype == "float16" for layer in model.layers)
    return keras.mixed_precision.LossScaleOptimizer(optimizer) if half else optimizer
