"""TensorFlow Model Optimization (TFMOT), loaded without Keras 3, which it looks into in vain and which takes long."""

import contextlib
import sys
from collections.abc import Iterator

import tfl_lite_suite.core.framework  # noqa: F401


@contextlib.contextmanager
def absent(name: str) -> Iterator[None]:
    """Lets nobody import a module meanwhile, unless it is loaded already."""
    if name in sys.modules:
        yield
        return
    sys.modules[name] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        del sys.modules[name]


with absent("keras"):
    import tensorflow_model_optimization as tfmot
    from tensorflow_model_optimization.python.core.clustering.keras import cluster_config, cluster_wrapper
    from tensorflow_model_optimization.python.core.sparsity.keras import pruning_schedule, pruning_wrapper

__all__ = ["cluster_config", "cluster_wrapper", "pruning_schedule", "pruning_wrapper", "tfmot"]
