"""Times steps of quantization-aware training, batch normalization folded or live, against float ones, on the CPU.

All train by `fit` on the same random pictures, in turns within one process, so that a busy machine slows both. The
optimizers are those of `train` and of `quantize`, which clips gradients. Times are those of the processor, the fastest
of each. `answers` is what it takes in addition to ask the float network, which teaches the int8 one.

    python tools/bench_qat.py --model=mobilenet_v2 --alpha=0.35 --resolution=32 --batch_size=128

`--parts` tells where the time of a quantization-aware step goes: it also times the folded network without rounding, and
with rounded weights only. `--documented` times the networks of docs/int8_accuracy.md and writes
`docs/results/qat_steps.json`, from which `tools/update_readme.py` makes the tables there.
"""

import dataclasses
import functools
import pathlib
import time
from typing import Any

from absl import flags

from tfl_lite_suite import models
from tfl_lite_suite.core import command_line, files
from tfl_lite_suite.runtime import machine

CLASSES = 10
OUTPUT = pathlib.Path(__file__).resolve().parent.parent / "docs" / "results" / "qat_steps.json"


@dataclasses.dataclass(frozen=True)
class Case:
    """A network that is timed; the attributes are the flags of the same names."""

    model: str
    alpha: float
    resolution: int
    batch_size: int
    parts: bool = False


DOCUMENTED = (
    Case("shufflenet_v2", 1.0, 32, 128),
    Case("mobilenet_v2", 0.35, 32, 128),
    Case("mobilenet_v1", 0.5, 48, 64),
    Case("mobilenet_v3_small", 1.0, 64, 64),
    Case("mobilenet_v2", 1.0, 64, 64),
    Case("efficientnet_b0", 1.0, 32, 64),
    Case("mobilenet_v3_small", 0.5, 32, 64, parts=True),
)

_MODEL = flags.DEFINE_string("model", "mobilenet_v2", "A network of the suite, or all.")
_ALPHA = flags.DEFINE_float("alpha", 0.35, "Width multiplier.")
_RESOLUTION = flags.DEFINE_integer("resolution", 32, "Height and width of the pictures, in pixels.")
_BATCH_SIZE = flags.DEFINE_integer("batch_size", 128, "Pictures a step.")
_STEPS = flags.DEFINE_integer("steps", 4, "Steps a round.")
_PARTS = flags.DEFINE_bool(
    "parts", False, "Also time the folded network without rounding, and with rounded weights only."
)
_DOCUMENTED = flags.DEFINE_bool("documented", False, f"Time the networks of the documentation; writes {OUTPUT.name}.")
_ROUNDS = flags.DEFINE_integer("rounds", 7, "Rounds of each, in turns, after one that is not counted.")


def main() -> list[dict[str, Any]]:
    """Returns a record a network: `model`, the fastest steps `ms` and their `ratios` to float ones, by kind."""
    if _DOCUMENTED.value:
        records = []
        for case in DOCUMENTED:
            records.append(_compare(case))
            files.write_json(OUTPUT, {"device": machine.describe(), "steps": records})
        return records
    names = models.names() if _MODEL.value == "all" else [_MODEL.value]
    flag = (_ALPHA.value, _RESOLUTION.value, _BATCH_SIZE.value, _PARTS.value)
    return [_compare(Case(name, *flag)) for name in names]


def _compare(case: Case) -> dict[str, Any]:
    from tfl_lite_suite.core.framework import keras, tf
    from tfl_lite_suite.models.graph import rewrite
    from tfl_lite_suite.models.quantizers import LayerConfig
    from tfl_lite_suite.quantize.qat.activation_ranges import EXTREMES
    from tfl_lite_suite.quantize.qat.fake_quantization import Plan
    from tfl_lite_suite.quantize.qat.live_batch_norm import LiveBatchNorm
    from tfl_lite_suite.train.fast_gradient import fast_gradients

    shape = (case.resolution, case.resolution, 3)
    images = tf.random.stateless_uniform((case.batch_size, *shape), (1, 2), 0.0, 255.0)
    data = tf.data.Dataset.from_tensors((images, tf.range(case.batch_size) % CLASSES)).cache().repeat(_STEPS.value)
    network = models.build(case.model, shape, CLASSES, alpha=case.alpha)
    plan = Plan.of(network, images[:64].numpy())
    live = LiveBatchNorm(network, plan, plan.ranges_by(EXTREMES))
    trained = {"float": network, "qat": live.folded, "live": live.model}
    if case.parts:
        only_weights = functools.partial(plan.wrap_with, config_of=lambda _: LayerConfig())
        weights = rewrite.rebuild(plan.model, only_weights)
        trained |= {"folded": plan.model, "weights": weights}
    for kind, model in trained.items():
        optimizer = keras.optimizers.SGD(1e-4, 0.9, nesterov=True, global_clipnorm=None if kind == "float" else 1.0)
        model.compile(optimizer, keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    ask = tf.function(lambda pictures: plan.model(pictures, training=False), autograph=False)
    times: dict[str, list[float]] = {kind: [] for kind in [*trained, "answers"]}
    for _ in range(_ROUNDS.value + 1):
        start = time.process_time()
        for _ in range(_STEPS.value):
            ask(images)
        times["answers"].append((time.process_time() - start) / _STEPS.value * 1e3)
        for kind, model in trained.items():
            with fast_gradients():
                start = time.process_time()
                model.fit(data, verbose=0)
            times[kind].append((time.process_time() - start) / _STEPS.value * 1e3)
    keras.backend.clear_session()
    # The fastest: other processes only ever add to a time.
    fastest = {kind: min(values[1:]) for kind, values in times.items()}
    ratios = {kind: value / fastest["float"] for kind, value in fastest.items()}
    raw = {kind: row[1:] for kind, row in times.items()}
    return {**dataclasses.asdict(case), "ms": fastest, "ratios": ratios, "raw_ms": raw}


def show(records: list[dict[str, Any]]) -> str:
    """Returns the table for people."""
    lines = []
    for record in records:
        shown = (f"{kind} {ms:.0f} ms ({record['ratios'][kind]:.2f}x)" for kind, ms in record["ms"].items())
        lines.append(f"{record['model']:<24}" + "".join(f"{text:>26}" for text in shown))
    return "\n".join(lines)


if __name__ == "__main__":
    command_line.run_verb("bench_qat", __doc__.splitlines()[0], main, show)
