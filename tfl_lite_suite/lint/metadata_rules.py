"""Checks of a model's metadata: what apps, MediaPipe and Android Studio read, and whether it contradicts the model."""

import collections
from collections.abc import Iterator

from tfl_lite_suite.core.contract import Contract
from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.lint.problem import listed
from tfl_lite_suite.lint.quantization_rules import looks_like_image
from tfl_lite_suite.lint.result import LintProblem as Problem
from tfl_lite_suite.tflite.file import TfliteFile
from tfl_lite_suite.tflite.graph import TensorSpec
from tfl_lite_suite.tflite.metadata import ModelMetadata, TensorMetadata

_REWRITE = "write it anew: python -m tfl_lite_suite.convert does, or tflite.metadata_writer.write for an existing file"
# For a file of the suite's own: a model alone does not know the names.
_NAME = (
    "quantize --recipe=… names them after the pictures' folders; tflite.metadata_writer.write adds them to this file"
)


def read(file: TfliteFile) -> tuple[ModelMetadata | None, Contract | None, tuple[str, ...], list[Problem]]:
    """Reads the metadata and checks it.

    Args:
        file: The model.

    Returns:
        The metadata, the contract, the labels, and what was found. Damaged parts are `None` or empty and reported.
    """
    found: list[Problem] = []
    metadata: ModelMetadata | None = None
    contract: Contract | None = None
    labels: tuple[str, ...] = ()
    try:
        metadata = file.metadata
        contract = file.contract
        labels = file.labels
    except SuiteError as error:
        found.append(Problem("metadata_damaged", "error", str(error), _REWRITE))
        return metadata, contract, labels, found
    found += _missing(file, metadata, contract)
    if metadata:
        found += _counts(file, metadata)
        found += _files(file, metadata)
    if metadata and metadata.inputs and file.inputs:
        found += _image(file.inputs[0], metadata.inputs[0], contract)
    found += _labels(file, contract, labels)
    if contract and file.inputs and file.inputs[0].shape[1:] != contract.image_shape:
        found.append(
            Problem(
                "contract_contradicts",
                "error",
                f"the contract is for {contract.image_shape}; the input's shape is {file.inputs[0].shape}",
                _REWRITE,
            )
        )
    return metadata, contract, labels, found


def _missing(file: TfliteFile, metadata: ModelMetadata | None, contract: Contract | None) -> Iterator[Problem]:
    if metadata is None:
        yield Problem(
            "no_metadata",
            "warning",
            "no standard metadata: apps, MediaPipe and Android Studio cannot know how to prepare the input",
            _REWRITE,
        )
    if contract is None:
        yield Problem(
            "no_contract",
            "info",
            "no tfl_lite_suite.json: resize and crop of the training are not recorded in the file",
            _REWRITE,
        )


def _counts(file: TfliteFile, metadata: ModelMetadata) -> Iterator[Problem]:
    for what, tensors, described in (
        ("inputs", file.inputs, metadata.inputs),
        ("outputs", file.outputs, metadata.outputs),
    ):
        if len(tensors) != len(described):
            yield Problem(
                "metadata_contradicts",
                "error",
                f"the metadata describes {len(described)} {what}; the model has {len(tensors)}",
                _REWRITE,
            )


def _files(file: TfliteFile, metadata: ModelMetadata) -> Iterator[Problem]:
    parts = [*metadata.files, *(entry for tensor in (*metadata.inputs, *metadata.outputs) for entry in tensor.files)]
    missing = sorted({entry.name for entry in parts} - set(file.archive.names))
    if missing:
        yield Problem(
            "associated_file_missing",
            "error",
            f"the metadata names files that the archive lacks: {', '.join(missing)}",
            _REWRITE,
        )


def _image(tensor: TensorSpec, described: TensorMetadata, contract: Contract | None) -> Iterator[Problem]:
    if not looks_like_image(tensor):
        return
    channels = {"rgb": 3, "grayscale": 1}.get(described.color_space)
    if channels is None:
        yield Problem(
            "no_image_properties", "warning", f"the metadata does not say that '{tensor.name}' is an image", _REWRITE
        )
    elif channels != tensor.shape[3]:
        yield Problem(
            "metadata_contradicts",
            "error",
            f"the metadata says {described.color_space}; input '{tensor.name}' has {tensor.shape[3]} channels",
            _REWRITE,
        )
    if not described.mean or not described.std:
        yield Problem(
            "no_normalization",
            "warning" if tensor.is_float else "info",
            f"the metadata gives no normalisation for input '{tensor.name}'; MediaPipe needs it for float",
            _REWRITE,
        )
        return
    if {len(described.mean), len(described.std)} - {1, tensor.shape[3]} or not all(described.std):
        yield Problem(
            "metadata_contradicts",
            "error",
            f"normalisation with {len(described.mean)} means and {len(described.std)} deviations, "
            f"for {tensor.shape[3]} channels",
            _REWRITE,
        )
    elif contract and (set(described.mean) != {0.0} or set(described.std) != {1.0}):
        yield Problem(
            "normalization_contradicts",
            "error",
            f"the contract says raw pixels; the metadata says mean {described.mean} and deviation {described.std}",
            _REWRITE,
        )
    elif tensor.scales and not contract:
        yield from _quantized_image(tensor, described)


def _quantized_image(tensor: TensorSpec, described: TensorMetadata) -> Iterator[Problem]:
    """Pixels 0 and 255, normalised and quantized, should reach the ends of the tensor's type."""
    low, high = {"int8": (-128, 127), "uint8": (0, 255)}.get(tensor.dtype, (0, 0))
    if low == high or not tensor.scale:
        return
    mean, std = described.mean[0], described.std[0]
    ends = [(pixel - mean) / std / tensor.scale + tensor.zero_point for pixel in (0, 255)]
    if abs(ends[0] - low) > 2 or abs(ends[1] - high) > 2:
        yield Problem(
            "normalization_contradicts",
            "warning",
            f"pixels 0 to 255 become {ends[0]:.1f} to {ends[1]:.1f} by the metadata's normalisation and the input's "
            f"scale; {tensor.dtype} goes from {low} to {high}",
            "check that the normalisation is the training's; write the metadata anew if not",
        )


def _labels(file: TfliteFile, contract: Contract | None, labels: tuple[str, ...]) -> Iterator[Problem]:
    classes = file.outputs[0].shape[-1] if file.outputs and file.outputs[0].shape else 0
    is_classifier = len(file.outputs) == 1 and len(file.outputs[0].shape) == 2 and bool(file.inputs)
    if not labels and is_classifier and looks_like_image(file.inputs[0]):
        yield Problem("no_labels", "warning", f"no names for the {classes} classes", _NAME if contract else _REWRITE)
    if labels and is_classifier and len(labels) != classes:
        yield Problem(
            "labels_contradict",
            "error",
            f"{len(labels)} labels; the output has {classes} classes",
            "write the labels of the training; one class too few is often a missing background class",
        )
    if contract and contract.labels and labels and contract.labels != labels:
        yield Problem("labels_contradict", "error", "labels.txt and the contract name other classes", _REWRITE)
    if len(set(labels)) != len(labels):
        twice = [label for label, count in collections.Counter(labels).items() if count > 1]
        message = f"a label stands for two classes: {listed(twice)}"
        yield Problem("duplicate_labels", "warning", message, "give each class its own name")
