"""Exact versions that work together, for each Python; `setup.cfg` has the bounds they lie in.

Resolved by pip from the suite's own extras on Linux x86-64.
"""

_BASE = ("pyyaml==6.0.3", "flatbuffers==25.12.19")
_HOST = (
    "absl-py==1.4.0",
    "tensorflow==2.21.0",
    "tf-keras==2.21.0",
    "tensorboard==2.21.0",
    "tensorflow-model-optimization==0.8.1",
    "h5py==3.14.0",
    "ai-edge-litert==2.3.0",
    "backports-strenum==1.2.8",
)
_NUMPY_1 = ("numpy==1.26.4", "tflite-runtime==2.14.0")
_NUMPY_2 = ("numpy==2.5.5",)
_PI = (*_BASE, "absl-py==2.5.1", "ai-edge-litert==2.3.0")

PINS: dict[str, dict[str, tuple[str, ...]]] = {
    "3.10": {
        "host": (*_BASE, *_HOST, *_NUMPY_1, "keras==3.12.4", "pillow==12.3.0"),
        "pi": (*_PI, "numpy==2.2.6", "pillow==12.3.0"),
    },
    "3.11": {
        "host": (*_BASE, *_HOST, *_NUMPY_1, "keras==3.15.1", "pillow==13.0.0"),
        "pi": (*_PI, "numpy==2.4.6", "pillow==13.0.0"),
    },
    "3.12": {
        "host": (*_BASE, *_HOST, *_NUMPY_2, "keras==3.15.1", "pillow==13.0.0"),
        "pi": (*_PI, "numpy==2.4.6", "pillow==13.0.0"),
    },
    "3.13": {
        "host": (*_BASE, *_HOST, *_NUMPY_2, "keras==3.15.1", "pillow==13.0.0"),
        "pi": (*_PI, "numpy==2.4.6", "pillow==13.0.0"),
    },
    # TensorFlow 2.21 has no wheels for it.
    "3.14": {"pi": (*_PI, "numpy==2.4.6", "pillow==13.0.0")},
}
