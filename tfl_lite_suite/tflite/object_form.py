"""A flatbuffer as a tree of objects that can be changed, and back: the schema's own classes."""

import copy
from typing import Any

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema

from tfl_lite_suite.core.types import FlatbufferBuilder, FlatbufferObject
from tfl_lite_suite.tflite.file import FILE_IDENTIFIER


def unpack(content: bytes) -> FlatbufferObject:
    """Returns a flatbuffer as a tree of objects, the schema's `ModelT`."""
    return schema.ModelT.InitFromPackedBuf(bytearray(content), 0)


def pack(model: FlatbufferObject, builder: flatbuffers.Builder | None = None) -> bytes:
    """Returns a tree of objects as a flatbuffer, written by `builder`; by a plain one if absent."""
    builder = builder or flatbuffers.Builder(1 << 20)
    packed = copy.copy(model)
    packed.buffers = [_AlignedBuffer(buffer.data) for buffer in model.buffers]
    builder.Finish(packed.Pack(builder), FILE_IDENTIFIER)
    return bytes(builder.Output())


class _AlignedBuffer(schema.BufferT):  # type: ignore[misc]
    """A buffer whose bytes begin at a multiple of 16, as the schema demands and its generated code forgets."""

    def __init__(self, data: Any) -> None:
        super().__init__()
        self.data = None if data is None or not len(data) else np.asarray(data, np.uint8)

    def Pack(self, builder: FlatbufferBuilder) -> int:
        if self.data is None:
            return int(super().Pack(builder))
        builder.StartVector(1, len(self.data), 16)
        builder.head -= len(self.data)
        builder.Bytes[builder.Head() : builder.Head() + len(self.data)] = self.data.tobytes()
        data = builder.EndVector()
        schema.BufferStart(builder)
        schema.BufferAddData(builder, data)
        return int(schema.BufferEnd(builder))
