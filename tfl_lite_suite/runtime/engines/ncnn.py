"""NCNN, on the processor alone, computing in float32 what is float32."""

import dataclasses
import time

import numpy as np

from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.core.types import Array, ForeignObject
from tfl_lite_suite.runtime.engines._exported import ExportedEngine
from tfl_lite_suite.runtime.exported_file import ExportedFile
from tfl_lite_suite.runtime.profiling import ProfiledSession, Trace

_INPUT, _OUTPUT = "in0", "out0"
# An output in the layout in which the next layer takes it.
_AS_IT_IS = 1
# On ARM it would round float32 to 16 bits.
_SHORTER = ("use_fp16_packed", "use_fp16_storage", "use_fp16_arithmetic", "use_bf16_storage", "use_bf16_packed")


@dataclasses.dataclass(frozen=True)
class NcnnEngine(ExportedEngine):
    """The package `ncnn`."""

    def session(
        self, module: ForeignObject, path: str, file: ExportedFile, threads: int, *, profiled: bool = False
    ) -> ProfiledSession:
        """Opens a `.ncnn.param` file and the `.ncnn.bin` beside it; see `ExportedEngine.session`."""
        net = module.Net()
        net.opt.num_threads = threads
        for name in _SHORTER:
            if hasattr(net.opt, name):
                setattr(net.opt, name, False)
        if net.load_param(path) or net.load_model(path.removesuffix(".param") + ".bin"):
            raise self.refusal(path, "a layer or its weights are not as it expects them")
        return NcnnSession(module, net, file)


class NcnnSession(ProfiledSession):
    """A network; it takes the picture as planes, which `set_input` makes of the pixels."""

    def __init__(self, module: ForeignObject, net: ForeignObject, file: ExportedFile) -> None:
        self._net, self._allocator = net, module.PoolAllocator()
        self.inputs, self.outputs = (file.input,), (file.output,)
        _, height, width, channels = file.input.shape
        # NCNN's own memory: layers that work in place crash on an array's, and its planes lie at multiples of 16 bytes.
        self._mat = module.Mat(width, height, channels)
        self._planes = [np.array(self._mat.channel(number), copy=False) for number in range(channels)]
        self.set_input(np.zeros(file.input.shape, np.float32))
        self.run = self._run
        self.run()

    def _run(self) -> None:
        extractor = self._net.create_extractor()
        extractor.input(_INPUT, self._mat)
        status, self._found = extractor.extract(_OUTPUT)
        if status:
            raise SuiteError(f"ncnn could not run the network: status {status}")

    def set_input(self, tensor: Array) -> None:
        """Copies a tensor into the planes."""
        for number, plane in enumerate(self._planes):
            np.copyto(plane, tensor[0, :, :, number])

    def get_output(self) -> Array:
        """Returns a copy of the output."""
        return np.array(self._found, np.float32).reshape(self.output.shape)

    def profile(self, runs: int) -> Trace:
        """See `ProfiledSession.profile`."""
        layers = [layer for layer in self._net.layers() if layer.type != "Input"]
        outputs = [layer.tops[-1] for layer in layers]
        recorded = [self._time_layers(outputs) for _ in range(runs)]
        return Trace(
            "each layer's output asked for in turn, less the time of asking again",
            1,
            [(layer.name, layer.type) for layer in layers],
            np.array([times for times, _ in recorded], np.int64),
            np.array([run_ns for _, run_ns in recorded], np.int64),
        )

    def _time_layers(self, outputs: list[int]) -> tuple[list[int], int]:
        """Runs once; returns the nanoseconds of each layer, by the last of its outputs, and those of the whole run."""
        times, clock = list[int](), time.perf_counter_ns
        begin = clock()
        extractor = self._net.create_extractor()
        # With its own allocator, an extractor copies each output that it hands out.
        extractor.set_blob_allocator(self._allocator)
        extractor.input(_INPUT, self._mat)
        for output in outputs:
            start = clock()
            status, _ = extractor.extract(output, _AS_IT_IS)
            middle = clock()
            extractor.extract(output, _AS_IT_IS)
            stop = clock()
            if status:
                raise SuiteError(f"ncnn could not run the network: status {status}")
            times.append(max(0, 2 * middle - start - stop))
        return times, clock() - begin

    def close(self) -> None:
        """Frees the network."""
        self._found, self._planes = None, []
        self._net.clear()


ENGINE = NcnnEngine("ncnn", "ncnn", "ncnn", "ncnn", ".ncnn.param")
