"""Models whose answers are known: class c scores the mean of quadrant c of a 4x4 grey picture."""

import json
import pathlib
import subprocess
import sys

import numpy as np
import tflite_samples
from ai_edge_litert import schema_py_generated as schema

SIDE, CLASSES = 4, 4


def quadrant_weights(side=SIDE):
    """`(4, side²)`: 1 where a pixel is in the class's quadrant."""
    rows, columns = np.divmod(np.arange(side * side), side)
    quadrant = rows // (side // 2) * 2 + columns // (side // 2)
    return (quadrant == np.arange(CLASSES)[:, None]).astype(np.float32)


def quadrants(*, dtype="float32", scale=1.0, zero_point=None, inputs=1, outputs=1, signature=None, copies=1, side=SIDE):
    """The bytes of the classifier.

    Args:
        dtype: `float32` or `int8`, of input and output.
        scale: Of an int8 input.
        zero_point: Of an int8 input; −128 if absent.
        inputs: Number of inputs, all but the first unused by the answer.
        outputs: Number of outputs.
        signature: Shape signature of the input.
        copies: How often the dense layer is computed; the last counts.
        side: Height and width.
    """
    graph = tflite_samples.Graph()
    numpy_type = np.dtype(dtype)
    zero_point = -128 if zero_point is None else zero_point
    whole = dtype == "int8"
    quantized = ([scale], [zero_point]) if whole else ((), ())
    pictures = [
        graph.tensor(f"picture{index}", (1, side, side, 1), numpy_type, *quantized, signature=signature)
        for index in range(inputs)
    ]
    weights = quadrant_weights(side) if whole else quadrant_weights(side) * 4 / side**2
    quantized = ([0.25], [0]) if whole else ((), ())
    kernel = graph.tensor("kernel", (CLASSES, side * side), numpy_type, *quantized, data=weights)
    bias_type, quantized = (np.int32, ([0.25 * scale], [0])) if whole else (np.float32, ((), ()))
    bias = graph.tensor("bias", (CLASSES,), bias_type, *quantized, data=np.zeros(CLASSES))
    answers = []
    for index in range(max(copies, outputs)):
        quantized = ([1.0], [-128]) if whole else ((), ())
        answers.append(graph.tensor(f"mean{index}", (1, CLASSES), numpy_type, *quantized))
        graph.operator(
            "FULLY_CONNECTED",
            [pictures[0], kernel, bias],
            [answers[-1]],
            version=4 if whole else 1,
            options=schema.FullyConnectedOptionsT(),
        )
    return graph.bytes(pictures, answers[-outputs:])


def expected(pictures):
    """Classes by falling mean of their quadrants, lowest index first among equals; int64 `(n, 4)`."""
    weights = quadrant_weights(pictures.shape[1]).astype(np.int64)
    sums = pictures.reshape(len(pictures), -1).astype(np.int64) @ weights.T
    return np.argsort(-sums, axis=1, kind="stable")


def write_folder(folder, pictures, labels):
    """Writes grey pictures as `folder/LABEL/NUMBER.png`."""
    from PIL import Image

    for number, (picture, label) in enumerate(zip(pictures, labels, strict=True)):
        place = pathlib.Path(folder) / str(label)
        place.mkdir(parents=True, exist_ok=True)
        Image.fromarray(picture[:, :, 0]).save(place / f"{number:04d}.png")


def write_answered(folder, pictures, names):
    """Writes grey pictures as `write_folder` does, each labelled with the name of what the models answer."""
    write_folder(folder, pictures, [names[answer] for answer in expected(pictures)[:, 0]])


def verb(name, *flags, timeout=120):
    """Runs a verb in a process of its own; returns the finished process."""
    command = [sys.executable, "-m", f"tfl_lite_suite.{name}", *flags]
    return subprocess.run(command, capture_output=True, text=True, timeout=timeout)


def answer(code, *arguments):
    """Runs code in a fresh process, without TensorFlow, and returns the JSON document it prints."""
    command = [sys.executable, "-c", code, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
