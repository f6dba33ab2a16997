"""LiteRT's own profiler, by the C interface of the library in its package; the Python classes do not offer it.

Source: `litert/c/litert_profiler.h`, `litert_compiled_model.h` and `litert_tensor_buffer.h`, LiteRT 2.2,
https://github.com/google-ai-edge/LiteRT/tree/v2.2.0/litert/c
"""

import contextlib
import ctypes
import dataclasses
import importlib.util
import os
import time
from collections.abc import Iterator, Sequence

import numpy as np

from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.core.types import Array
from tfl_lite_suite.runtime.profiling import ProfiledSession, Trace
from tfl_lite_suite.runtime.session import Kernels
from tfl_lite_suite.tflite.file import TfliteFile
from tfl_lite_suite.tflite.graph import Operator, Subgraph, TensorSpec

_CPU = 1
_LOCK_READ, _LOCK_WRITE = 0, 1
# ProfiledEventData.event_type: an operator of LiteRT's own, one inside a delegate, and one of XNNPACK's.
_OWN, _INSIDE_DELEGATE, _OF_XNNPACK = 2, 4, 8
_MODES: dict[Kernels, str] = {"default": "delegate", "builtin": "builtin"}
_RANKED_TENSOR_TYPE_INTEGERS = 18
# What XNNPACK's operators, by how their names begin, compute of the file's.
_XNNPACK = {
    "Add": ("ADD",),
    "Average Pooling": ("AVERAGE_POOL_2D",),
    "Clamp": ("RELU", "RELU6"),
    "Constant Pad": ("PAD", "PADV2"),
    "Convolution": ("CONV_2D", "DEPTHWISE_CONV_2D"),
    "Copy": ("CONCATENATION", "RESHAPE"),
    "Fully Connected": ("FULLY_CONNECTED", "CONV_2D"),
    "HardSwish": ("HARD_SWISH",),
    "Max Pooling": ("MAX_POOL_2D",),
    "Mean": ("MEAN",),
    "Multiply": ("MUL",),
    "Sigmoid": ("LOGISTIC",),
    "Slice": ("STRIDED_SLICE", "SLICE"),
    "Softmax": ("SOFTMAX",),
    "Static Reshape": ("RESHAPE", "SQUEEZE", "EXPAND_DIMS"),
    "Transpose": ("TRANSPOSE",),
}
# What it adds of its own, and what it makes part of the operator that follows.
_ADDED, _MERGED = ("Clamp", "Static Reshape"), ("PAD", "PADV2")


class _Event(ctypes.Structure):
    """`ProfiledEventData`."""

    _fields_ = [
        ("tag", ctypes.c_char_p),
        ("event_type", ctypes.c_int),
        ("start_us", ctypes.c_uint64),
        ("elapsed_us", ctypes.c_uint64),
        ("memory", ctypes.c_size_t * 6),
        ("index", ctypes.c_uint64),
        ("more", ctypes.c_uint64),
        ("source", ctypes.c_int),
    ]


class LitertProfiledSession(ProfiledSession):
    """A `.tflite` file in a `CompiledModel`, which runs the same kernels as the `Interpreter`."""

    def __init__(self, path: str, threads: int, kernels: Kernels) -> None:
        self._graph = TfliteFile.read(path).subgraphs[0]
        self.inputs = self._specs(self._graph.input_indices)
        self.outputs = self._specs(self._graph.output_indices)
        spec = importlib.util.find_spec("ai_edge_litert")
        assert spec is not None and spec.origin is not None
        self._library = ctypes.CDLL(os.path.join(os.path.dirname(spec.origin), "libLiteRt.so"))
        environment = self._new("CreateEnvironment", 0, None)
        model = self._new("CreateModelFromFile", environment, os.fsencode(path))
        self._model = self._new("CreateCompiledModel", environment, model, self._options(threads, kernels))
        self._profiler = self._new("CompiledModelGetProfiler", self._model)
        main = self._new("GetModelSubgraph", model, ctypes.c_size_t(0))
        self._buffers = [
            [self._buffer(environment, main, kind, number) for number in range(count)]
            for kind, count in (("Input", len(self.inputs)), ("Output", len(self.outputs)))
        ]
        self.run = self._run

    def _specs(self, indices: Sequence[int]) -> tuple[TensorSpec, ...]:
        # As every session tells of them: places in the file say nothing of an input.
        return tuple(dataclasses.replace(self._graph.tensor(place), index=0, buffer=0) for place in indices)

    def _call(self, name: str, *arguments: object) -> None:
        status = getattr(self._library, f"LiteRt{name}")(*arguments)
        if status:
            raise SuiteError(f"LiteRt{name} failed with status {status}")

    def _new(self, name: str, *arguments: object) -> ctypes.c_void_p:
        """Calls a function whose last argument is where it puts what it made."""
        found = ctypes.c_void_p()
        self._call(name, *arguments, ctypes.byref(found))
        return found

    def _options(self, threads: int, kernels: Kernels) -> ctypes.c_void_p:
        options = self._new("CreateOptions")
        self._call("SetOptionsHardwareAccelerators", options, _CPU)
        c = ctypes.CDLL(None)
        c.strdup.restype = ctypes.c_void_p
        cpu = f'kernel_mode = "{_MODES[kernels]}"\nnum_threads = {threads}\n'
        for name, text in ((b"runtime_options_string", "enable_profiling = true\n"), (b"xnnpack", cpu)):
            payload = ctypes.c_void_p(c.strdup(text.encode()))
            made = self._new("CreateOpaqueOptions", name, payload, ctypes.cast(c.free, ctypes.c_void_p))
            self._call("AddOpaqueOptions", options, made)
        return options

    def _buffer(self, environment: ctypes.c_void_p, graph: ctypes.c_void_p, kind: str, number: int) -> ctypes.c_void_p:
        place = ctypes.c_size_t(number)
        tensor = self._new(f"GetSubgraph{kind}", graph, place)
        kept = (ctypes.c_int32 * _RANKED_TENSOR_TYPE_INTEGERS)()
        self._call("GetRankedTensorType", tensor, kept)
        needs = self._new(f"GetCompiledModel{kind}BufferRequirements", self._model, ctypes.c_size_t(0), place)
        return self._new("CreateManagedTensorBufferFromRequirements", environment, kept, needs)

    def _run(self) -> None:
        arguments: list[object] = []
        for buffers in self._buffers:
            arguments += [ctypes.c_size_t(len(buffers)), (ctypes.c_void_p * len(buffers))(*(b.value for b in buffers))]
        self._call("RunCompiledModel", self._model, ctypes.c_size_t(0), *arguments)

    def set_input(self, tensor: Array) -> None:
        """Copies a tensor into LiteRT's buffer."""
        values = np.ascontiguousarray(tensor)
        with self._locked(self._buffers[0][0], _LOCK_WRITE) as place:
            ctypes.memmove(place, values.ctypes.data, values.nbytes)

    def get_output(self) -> Array:
        """Returns a copy of the first output."""
        values = np.empty(self.outputs[0].shape, self.outputs[0].dtype)
        with self._locked(self._buffers[1][0], _LOCK_READ) as place:
            ctypes.memmove(values.ctypes.data, place, values.nbytes)
        return values

    @contextlib.contextmanager
    def _locked(self, buffer: ctypes.c_void_p, mode: int) -> Iterator[ctypes.c_void_p]:
        place = ctypes.c_void_p()
        self._call("LockTensorBuffer", buffer, ctypes.byref(place), mode)
        yield place
        self._call("UnlockTensorBuffer", buffer)

    def profile(self, runs: int) -> Trace:
        """See `ProfiledSession.profile`."""
        recorded, run_ns = [], []
        for _ in range(runs):
            self._call("StartProfiler", self._profiler)
            begin = time.perf_counter_ns()
            self._run()
            run_ns.append(time.perf_counter_ns() - begin)
            self._call("StopProfiler", self._profiler)
            recorded.append(list(self._events()))
            self._call("ResetProfiler", self._profiler)
        operators = [event[:3] for event in recorded[0]]
        if not operators or any([event[:3] for event in events] != operators for events in recorded):
            raise SuiteError("LiteRT's profiler did not record the same operators in every run")
        return Trace(
            "LiteRT's profiler",
            1000,
            list(zip(names_of(operators, self._graph), [tag for tag, _, _ in operators], strict=True)),
            np.array([[1000 * elapsed for *_, elapsed in events] for events in recorded], np.int64),
            np.array(run_ns, np.int64),
        )

    def _events(self) -> Iterator[tuple[str, int, int, int]]:
        """Yields tag, type, index and microseconds of the operators recorded."""
        count = ctypes.c_int()
        self._call("GetNumProfilerEvents", self._profiler, ctypes.byref(count))
        events = (_Event * count.value)()
        self._call("GetProfilerEvents", self._profiler, count, events)
        for event in events:
            if event.event_type in (_OWN, _INSIDE_DELEGATE, _OF_XNNPACK):
                yield event.tag.decode("utf-8", "replace"), event.event_type, event.index, event.elapsed_us

    def close(self) -> None:
        """Leaves the memory to the end of the process."""
        del self.run


def names_of(recorded: Sequence[tuple[str, int, int]], graph: Subgraph) -> list[str | None]:
    """Finds out which of the file's operators were recorded.

    LiteRT numbers its own operators as the file does. Of a delegate's, only the order is known: they lie between two of
    LiteRT's own.

    Args:
        recorded: Tag, event type and index of each operator, in the order of execution.
        graph: The file's graph.

    Returns:
        The name of the tensor that each makes; `None` where it is not known.
    """
    names: list[str | None] = []
    tags: list[str] = []
    first = 0
    for tag, kind, index in [*recorded, ("", _OWN, len(graph.operators))]:
        if kind != _OWN:
            tags.append(tag)
            continue
        matched = _match(tags, graph.operators[first:index])
        own = list(graph.operators[index : index + 1])
        names += [None if operator is None else graph.tensor(operator.outputs[0]).name for operator in matched + own]
        tags, first = [], index + 1
    return names


def _match(tags: Sequence[str], operators: Sequence[Operator]) -> list[Operator | None]:
    """Matches XNNPACK's operators with the file's; all are `None` unless every one of both finds its place."""
    unknown: list[Operator | None] = [None] * len(tags)
    found: list[Operator | None] = []
    rest = list(operators)
    for tag in tags:
        computes = next((names for start, names in _XNNPACK.items() if tag.startswith(start)), ())
        while rest and rest[0].name in _MERGED and rest[0].name not in computes:
            rest.pop(0)
        if rest and rest[0].name in computes:
            found.append(rest.pop(0))
        elif tag.startswith(_ADDED):
            found.append(None)
        else:
            return unknown
    return unknown if rest else found
