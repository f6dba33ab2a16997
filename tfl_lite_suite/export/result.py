"""What writing a model in another format gave."""

import dataclasses

from tfl_lite_suite.core.result import Result, Share, omitted


@dataclasses.dataclass(frozen=True)
class Export(Result):
    """One row of the result of `export`. Values are `None` if the format does not support the model.

    Attributes:
        engine: What runs the file.
        format: `onnx`, `ncnn`, `mnn`, …
        files: Paths, the one that the engine opens first.
        max_abs_diff: Largest difference between its logits and those of the `.tflite` file.
        top1_agreement: Share of pictures with the same first answer.
        pictures: Number of pictures that were compared.
        reference: The engine that ran the `.tflite` file.
        bytes: Size of the files.
        converter: What converted them.
        seconds: Time of the export.
        unsupported: Why the format does not support the model.
        arena_bytes: For microcontrollers: memory that an interpreter with 64-bit pointers needs.

    Example:
        >>> rows = tls.TfliteModel("leaf.tflite").export(["onnx"], "exported")
        >>> [(row.engine, row.files[0]) for row in rows]
        [('onnxruntime', 'exported/leaf.onnx')]
    """

    engine: str
    format: str
    files: tuple[str, ...] = ()
    max_abs_diff: float | None = None
    top1_agreement: Share | None = None
    pictures: int | None = None
    reference: str | None = None
    bytes: int | None = None
    converter: str | None = None
    seconds: float | None = None
    unsupported: str | None = None
    arena_bytes: int | None = omitted()
