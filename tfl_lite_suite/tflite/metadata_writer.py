"""Writes the preprocessing contract and the labels into a `.tflite` file, as standard TensorFlow Lite metadata.

The model's bytes stay as they are: a new root table is put before them, whose offsets lead into them, and a ZIP archive
with the labels and the contract behind them. Writing again replaces both.

Source: TensorFlow Lite metadata, https://ai.google.dev/edge/litert/conversion/tensorflow/metadata and
`metadata_schema.fbs` of https://github.com/tensorflow/tflite-support
"""

import io
import zipfile

import flatbuffers

from tfl_lite_suite.core import contract as contract_module
from tfl_lite_suite.core import decision as decision_module
from tfl_lite_suite.core.contract import Contract
from tfl_lite_suite.core.decision import Decision
from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.tflite import file as tflite_file
from tfl_lite_suite.tflite import metadata as tflite_metadata
from tfl_lite_suite.tflite.file import TfliteFile

# The earliest parser that knows every field written here.
_MIN_PARSER_VERSION = "1.0.0"
# Stands right before the model's own bytes; they begin at a multiple of the alignment.
_MARK = b"tfl_lite_suite\x00\x01"
_ALIGNMENT = 64
_MAX_FRONT_BYTES = 1 << 22
_ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)
_METADATA_FIELD, _BUFFERS_FIELD, _KNOWN_FIELDS = 6, 4, 10


def write(
    model: bytes,
    contract: Contract,
    *,
    name: str,
    description: str = "",
    version: str = "",
    author: str = "",
    license: str = "",
    decision: Decision | None = None,
) -> bytes:
    """Returns the model with metadata.

    The same arguments always give the same bytes, whether or not `model` has metadata already.

    Args:
        model: A whole `.tflite` file of at most 2 GB; its first input takes raw pixels, its first output gives one
            score a class.
        contract: How pictures become the input.
        name: Model name for people and generated code.
        description: A sentence about the model.
        version: The author's version of the model.
        author: Who made the model.
        license: The licence of the model.
        decision: What the scores mean; absent where nothing was decided.

    Returns:
        The whole new file.

    Raises:
        SuiteError: If `model` is not a TensorFlow Lite file, or does not fit the contract.
    """
    bare = strip(model)
    file = TfliteFile(bare)
    _check_fit(file, contract)
    _check_decision(file, decision)
    block = _metadata_block(file, contract, (name, description, version, author, license), decision)
    return _with_archive(_front(file, block) + bare, contract, decision)


def with_decision(model: bytes, decision: Decision | None) -> bytes:
    """Returns the model with another decision, or none; all else of its metadata stays.

    Raises:
        SuiteError: If `model` has no contract, or the decision does not fit it.
    """
    file = TfliteFile(model)
    said = file.metadata
    if file.contract is None or said is None:
        raise SuiteError("decision: the file has no preprocessing contract; make it with convert")
    return write(
        model,
        file.contract,
        name=said.name,
        description=said.description,
        version=said.version,
        author=said.author,
        license=said.license,
        decision=decision,
    )


def strip(model: bytes, read: TfliteFile | None = None) -> bytes:
    """Returns the model without its archive of associated files, and without what `write` put before it.

    Args:
        model: The file.
        read: The same, where it was read already.

    Raises:
        SuiteError: If `model` is not a TensorFlow Lite file.
    """
    file = read or TfliteFile(model)
    mark = model.find(_MARK, 0, _MAX_FRONT_BYTES)
    begin = mark + len(_MARK)
    is_ours = mark >= 0 and begin % _ALIGNMENT == 0 and model[begin + 4 : begin + 8] == tflite_file.FILE_IDENTIFIER
    return model[begin if is_ours else 0 : file.archive.start]


def _check_fit(file: TfliteFile, contract: Contract) -> None:
    if not file.inputs or not file.outputs:
        raise SuiteError("metadata: the model has no input or no output")
    shape, classes = file.inputs[0].shape, file.outputs[0].shape[-1:]
    if shape[1:] != contract.image_shape:
        raise SuiteError(f"metadata: the contract is for {contract.image_shape}; the model's input is {shape}")
    if contract.labels and classes != (len(contract.labels),):
        raise SuiteError(f"metadata: {len(contract.labels)} labels for an output of shape {file.outputs[0].shape}")
    broken = [label for label in contract.labels if "\n" in label or "\r" in label]
    if broken:
        raise SuiteError(f"metadata: a label must be one line. Received: {broken[0]!r}")


def _check_decision(file: TfliteFile, decision: Decision | None) -> None:
    if decision is None:
        return
    classes = file.outputs[0].shape[-1]
    if decision.thresholds and len(decision.thresholds) != classes:
        raise SuiteError(f"decision.thresholds: {len(decision.thresholds)} for {classes} classes")
    given = "probabilities" if file.gives_probabilities else "logits"
    if decision.scores != given:
        raise SuiteError(f"decision.scores: the file gives {given}. Received: {decision.scores}")


def _with_archive(model: bytes, contract: Contract, decision: Decision | None) -> bytes:
    files = {contract_module.FILE_NAME: contract.to_json()}
    if decision is not None:
        files[decision_module.FILE_NAME] = decision.to_json()
    if contract.labels:
        files[contract_module.LABELS_FILE_NAME] = "\n".join(contract.labels) + "\n"
    content = io.BytesIO(model)
    # Stored, not compressed, and with offsets from the file's beginning, as readers on devices expect.
    with zipfile.ZipFile(content, "a", zipfile.ZIP_STORED) as archive:
        for name, text in sorted(files.items()):
            entry = zipfile.ZipInfo(name, _ZIP_EPOCH)
            entry.create_system = 3
            entry.external_attr = 0o100644 << 16
            archive.writestr(entry, text.encode())
    return content.getvalue()


def _front(file: TfliteFile, block: bytes) -> bytes:
    """Builds the new root table, buffer list and metadata list, to stand right before the model's bytes.

    A flatbuffer is built from its end, and an offset is told to the builder as a distance from that end. The model
    begins at the end of this part, so a place in the model is a negative distance.
    """
    root = file.root
    if len(root) > _KNOWN_FIELDS:
        raise SuiteError("metadata: the model was written by a newer schema than this release knows")
    if any(table.scalar(1, "Q") > 1 for table in root.items(_BUFFERS_FIELD)):
        raise SuiteError("metadata: models over 2 GB are not supported")
    builder = flatbuffers.Builder(1024 + len(block))
    builder.Prep(_ALIGNMENT, 0)
    for byte in reversed(_MARK):
        builder.PrependByte(byte)
    data = _bytes(builder, block)
    builder.StartObject(1)
    builder.PrependUOffsetTRelativeSlot(0, data, 0)
    buffer = builder.EndObject()
    block_name = builder.CreateString(tflite_metadata.BLOCK_NAME)
    builder.StartObject(2)
    builder.PrependUOffsetTRelativeSlot(0, block_name, 0)
    builder.PrependUint32Slot(1, file.buffer_count, 0)
    entry = builder.EndObject()
    kept = [table for table in root.items(_METADATA_FIELD) if table.text(0) != tflite_metadata.BLOCK_NAME]
    metadata = _offsets(builder, [*(-table.position for table in kept), entry])
    buffers = _offsets(builder, [*(-table.position for table in root.items(_BUFFERS_FIELD)), buffer])
    builder.StartObject(max(len(root), _METADATA_FIELD + 1))
    builder.PrependUint32Slot(0, file.version, 0)
    for field in range(1, len(root)):
        place = root.at(field)
        if place and field not in (_METADATA_FIELD, _BUFFERS_FIELD):
            builder.PrependUOffsetTRelativeSlot(field, -root.reader.follow(place), 0)
    builder.PrependUOffsetTRelativeSlot(_BUFFERS_FIELD, buffers, 0)
    builder.PrependUOffsetTRelativeSlot(_METADATA_FIELD, metadata, 0)
    builder.Finish(builder.EndObject(), tflite_file.FILE_IDENTIFIER)
    return bytes(builder.Output())


def _metadata_block(
    file: TfliteFile, contract: Contract, texts: tuple[str, str, str, str, str], decision: Decision | None
) -> bytes:
    name, description, version, author, license = texts
    builder = flatbuffers.Builder(1024)
    inputs = [_image_metadata(builder, contract)]
    inputs += [_tensor_metadata(builder, tensor.name, "") for tensor in file.inputs[1:]]
    outputs = [_score_metadata(builder, file, contract, decision)]
    outputs += [_tensor_metadata(builder, tensor.name, "") for tensor in file.outputs[1:]]
    input_list, output_list = _offsets(builder, inputs), _offsets(builder, outputs)
    graph = _offsets(builder, [_table(builder, {2: input_list, 3: output_list})])
    json_files = [_file(builder, contract_module.FILE_NAME, "How pictures become the input: size, crop, resize.", 0)]
    if decision is not None:
        json_files.append(
            _file(builder, decision_module.FILE_NAME, "What the scores mean, and which answer they give.", 0)
        )
    strings = {0: name, 1: description, 2: version, 4: author, 5: license, 7: _MIN_PARSER_VERSION}
    fields = {field: builder.CreateString(text) for field, text in strings.items() if text}
    root = _table(builder, {**fields, 3: graph, 6: _offsets(builder, json_files)})
    builder.Finish(root, tflite_metadata.FILE_IDENTIFIER)
    return bytes(builder.Output())


def _image_metadata(builder: flatbuffers.Builder, contract: Contract) -> int:
    color = tflite_metadata.COLOR_SPACES.index("rgb" if contract.channels == 3 else "grayscale")
    builder.StartObject(2)
    builder.PrependUint32Slot(0, contract.width, 0)
    builder.PrependUint32Slot(1, contract.height, 0)
    size = builder.EndObject()
    builder.StartObject(2)
    builder.PrependInt8Slot(0, color, 0)
    builder.PrependUOffsetTRelativeSlot(1, size, 0)
    image = builder.EndObject()
    content = _union(builder, tflite_metadata.IMAGE_PROPERTIES, image)
    # The model's real-valued input is the pixel itself, whatever the tensor's type: quantized types have scale 1.
    options = _table(builder, {0: _floats(builder, [0.0]), 1: _floats(builder, [1.0])})
    unit = _union(builder, tflite_metadata.NORMALIZATION_OPTIONS, options)
    stats = _table(builder, {0: _floats(builder, [255.0]), 1: _floats(builder, [0.0])})
    kind = "RGB" if contract.channels == 3 else "grey"
    text = f"Raw {kind} pixels, 0 to 255, {contract.width} wide and {contract.height} high."
    return _tensor_metadata(builder, "image", text, {3: content, 4: _offsets(builder, [unit]), 5: stats})


def _score_metadata(
    builder: flatbuffers.Builder, file: TfliteFile, contract: Contract, decision: Decision | None
) -> int:
    if file.gives_probabilities:
        name, text = "probability", "Probability of each class."
    else:
        name, text = "logits", "Logit of each class: the largest wins; softmax gives probabilities."
    fields = {}
    least = _least_score(decision)
    if least is not None:
        builder.StartObject(1)
        builder.PrependFloat32Slot(0, least, 0.0)
        fields[4] = _offsets(
            builder, [_union(builder, tflite_metadata.SCORE_THRESHOLDING_OPTIONS, builder.EndObject())]
        )
    if contract.labels:
        labels = _file(
            builder, contract_module.LABELS_FILE_NAME, "Class names, one a line.", tflite_metadata.TENSOR_AXIS_LABELS
        )
        fields[6] = _offsets(builder, [labels])
    return _tensor_metadata(builder, name, text, fields)


def _least_score(decision: Decision | None) -> float | None:
    """Returns the score below which standard clients should show no class, where one number can say it."""
    if decision is None or decision.scores != "probabilities":
        return None
    common = set(decision.thresholds)
    if decision.reject.score == "max_probability" and not common:
        return decision.reject.threshold
    return common.pop() if decision.reject.score == "none" and len(common) == 1 else None


def _tensor_metadata(builder: flatbuffers.Builder, name: str, text: str, fields: dict[int, int] | None = None) -> int:
    strings = {field: builder.CreateString(value) for field, value in ((0, name), (1, text)) if value}
    return _table(builder, {**strings, **(fields or {})})


def _file(builder: flatbuffers.Builder, name: str, text: str, kind: int) -> int:
    name_place, text_place = builder.CreateString(name), builder.CreateString(text)
    builder.StartObject(3)
    builder.PrependUOffsetTRelativeSlot(0, name_place, 0)
    builder.PrependUOffsetTRelativeSlot(1, text_place, 0)
    builder.PrependInt8Slot(2, kind, 0)
    return int(builder.EndObject())


def _table(builder: flatbuffers.Builder, fields: dict[int, int]) -> int:
    """Writes a table whose every field is an offset."""
    builder.StartObject(max(fields, default=-1) + 1)
    for field, place in sorted(fields.items()):
        builder.PrependUOffsetTRelativeSlot(field, place, 0)
    return int(builder.EndObject())


def _union(builder: flatbuffers.Builder, kind: int, place: int) -> int:
    builder.StartObject(2)
    builder.PrependUint8Slot(0, kind, 0)
    builder.PrependUOffsetTRelativeSlot(1, place, 0)
    return int(builder.EndObject())


def _offsets(builder: flatbuffers.Builder, places: list[int]) -> int:
    builder.StartVector(4, len(places), 4)
    for place in reversed(places):
        builder.PrependUOffsetTRelative(place)
    return int(builder.EndVector())


def _floats(builder: flatbuffers.Builder, values: list[float]) -> int:
    builder.StartVector(4, len(values), 4)
    for value in reversed(values):
        builder.PrependFloat32(value)
    return int(builder.EndVector())


def _bytes(builder: flatbuffers.Builder, content: bytes) -> int:
    # Buffers are aligned to 16 bytes, which `CreateByteVector` does not do.
    builder.StartVector(1, len(content), 16)
    for byte in reversed(content):
        builder.PrependByte(byte)
    return int(builder.EndVector())
