"""Measures the latency, memory and energy of a `.tflite` model, here or on a device. Never imports TensorFlow."""

from typing import TYPE_CHECKING

from absl import flags

from tfl_lite_suite.benchmark import KERNELS, show
from tfl_lite_suite.core import command_line

if TYPE_CHECKING:
    from tfl_lite_suite.benchmark.result import Comparison, Measurement

_NETWORK = ("scheme", "resolution", "classes", "alpha")


def _main() -> "Measurement | Comparison | list[Measurement]":
    from tfl_lite_suite import models
    from tfl_lite_suite.benchmark.request import Request

    compare = flags.FLAGS.compare and command_line.paths(flags.FLAGS.compare)
    network = {name: flags.FLAGS[name].value for name in _NETWORK}
    request = command_line.values_for(Request, compare=compare, network=network)
    command_line.only_with(request.network_name is not None, "for a network by name", *_NETWORK)
    command_line.only_with(compare is None, "without --compare", "model", "count_instructions")
    if request.network_name:
        models.check_name(request.network_name, "model")
    return request.measure()


if __name__ == "__main__":
    flags.DEFINE_string(
        "model", None, "A .tflite or exported file, or a network's name: it is measured with random weights."
    )
    flags.DEFINE_list("engine", None, "Engines, comma-separated; the first installed if absent.")
    flags.DEFINE_list("threads", ["1"], "Threads the runtime may use; several numbers make a sweep.")
    flags.DEFINE_string(
        "target",
        "local",
        "Where to measure: local; ssh:USER@HOST[:PORT], such as a Raspberry Pi; adb[:SERIAL], Android; "
        "browser, a headless Chromium.",
    )
    flags.DEFINE_string("wheels", None, "For a device without internet: a folder of wheels to install the suite from.")
    flags.DEFINE_integer("runs", 50, "Smallest number of timed inferences.", 1)
    flags.DEFINE_float("min_seconds", 0.1, "Shortest time, in seconds, during which inferences are timed.", 0)
    flags.DEFINE_string("sustain", None, "Measure for this long, such as 30m, and record latency over time.")
    flags.DEFINE_list("compare", None, "Two .tflite files, measured in turns: how much slower the second is.")
    flags.DEFINE_enum(
        "kernels",
        "default",
        KERNELS,
        "default: the runtime's default; builtin: its own kernels, without a delegate; reference: its reference "
        "kernels; nnapi: Android; gpu: Android and browsers.",
    )
    flags.DEFINE_bool("profile", False, "Also time every operator, in separate runs.")
    flags.DEFINE_bool(
        "count_instructions",
        False,
        "Also count the instructions of one inference on an emulated ARM CPU: deterministic, but not a time.",
    )
    flags.DEFINE_bool("accept_disturbed", False, "Exit with status 0 although other programs disturbed the timing.")
    flags.DEFINE_integer("seed", 0, "Seed of the input's noise and of the bootstrap.", 0)
    flags.DEFINE_string("scheme", "int8", "For a network by name: float32, float16, dynamic or int8.")
    flags.DEFINE_integer("resolution", 224, "For a network by name: height and width in pixels.", 16, 1024)
    flags.DEFINE_integer("classes", 1000, "For a network by name: number of classes.", 2)
    flags.DEFINE_float("alpha", 1.0, "For a network by name: width multiplier.", 0.05, 4)
    command_line.run_verb(
        "benchmark",
        __doc__,
        _main,
        show,
        example="--model=work/photos/decide/int8_qat/int8_qat.tflite --target=ssh:pi@raspberrypi.local",
    )
