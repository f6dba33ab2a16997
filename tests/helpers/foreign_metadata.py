"""Metadata as other tools write it: normalisation and labels, no contract."""

import io
import zipfile

import flatbuffers
from ai_edge_litert import schema_py_generated as schema


def write(model, *, mean=(), std=(), labels=None, archive=None):
    """Returns a model with metadata.

    Args:
        model: The bytes of a `.tflite` file.
        mean: Of `NormalizationOptions`; none are written if this and `std` are empty.
        std: As `mean`.
        labels: Text of the label file `labels.txt`.
        archive: Other files, name to content.
    """
    whole = schema.ModelT.InitFromPackedBuf(model, 0)
    buffer = schema.BufferT()
    buffer.data = list(_block(mean, std, labels is not None))
    entry = schema.MetadataT()
    entry.name, entry.buffer = "TFLITE_METADATA", len(whole.buffers)
    whole.buffers.append(buffer)
    whole.metadata = [entry]
    builder = flatbuffers.Builder(1024)
    builder.Finish(whole.Pack(builder), b"TFL3")
    content = io.BytesIO()
    content.write(bytes(builder.Output()))
    files = {**({} if labels is None else {"labels.txt": labels}), **(archive or {})}
    if files:
        with zipfile.ZipFile(content, "a") as opened:
            for name, text in files.items():
                opened.writestr(name, text)
    return content.getvalue()


def _block(mean, std, has_labels):
    builder = flatbuffers.Builder(256)
    units = []
    if mean or std:
        options = _table(builder, {0: _floats(builder, mean), 1: _floats(builder, std)})
        units = [_union(builder, 1, options)]
    image = _table(builder, {})
    given = _table(builder, {3: _union(builder, 2, image), 4: _offsets(builder, units)})
    files = []
    if has_labels:
        name = builder.CreateString("labels.txt")
        builder.StartObject(3)
        builder.PrependUOffsetTRelativeSlot(0, name, 0)
        builder.PrependInt8Slot(2, 2, 0)
        files = [builder.EndObject()]
    found = _table(builder, {6: _offsets(builder, files)})
    graph = _table(builder, {2: _offsets(builder, [given]), 3: _offsets(builder, [found])})
    builder.Finish(_table(builder, {3: _offsets(builder, [graph])}), b"M001")
    return bytes(builder.Output())


def _table(builder, fields):
    builder.StartObject(max(fields, default=0) + 1)
    for field, place in fields.items():
        builder.PrependUOffsetTRelativeSlot(field, place, 0)
    return builder.EndObject()


def _union(builder, kind, place):
    builder.StartObject(2)
    builder.PrependUint8Slot(0, kind, 0)
    builder.PrependUOffsetTRelativeSlot(1, place, 0)
    return builder.EndObject()


def _offsets(builder, places):
    builder.StartVector(4, len(places), 4)
    for place in reversed(places):
        builder.PrependUOffsetTRelative(place)
    return builder.EndVector()


def _floats(builder, values):
    builder.StartVector(4, len(values), 4)
    for value in reversed(values):
        builder.PrependFloat32(value)
    return builder.EndVector()
