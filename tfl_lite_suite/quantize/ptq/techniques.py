"""Post-training quantization: techniques are tried on calibration pictures, and kept where they help.

Some calibration pictures give the activation ranges, others judge how far the int8 scores are from the float
scores, by the root of the Kullback-Leibler divergence: top-1 of near-identical files differs by a point at random, the
divergence hardly does.
"""

import dataclasses
import functools
from collections.abc import Callable, Sequence
from typing import TypeVar

import numpy as np

from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.core.progress import Progress
from tfl_lite_suite.core.types import Array, JsonObject, KerasModel
from tfl_lite_suite.models import tflite_converter
from tfl_lite_suite.models.graph.logits import divergence
from tfl_lite_suite.models.tflite_interpreter import Interpreter
from tfl_lite_suite.quantize import start
from tfl_lite_suite.quantize.ptq import bias_correction, int16_fallback, learned_rounding, logit_range
from tfl_lite_suite.quantize.ptq.equalization import Equalized
from tfl_lite_suite.quantize.ptq.fallback import fewest, latency_ratio
from tfl_lite_suite.quantize.ptq.float_fallback import Mixed
from tfl_lite_suite.quantize.ptq.layer_error import layer_errors, layer_name, worst
from tfl_lite_suite.quantize.qat.activation_ranges import EXTREMES
from tfl_lite_suite.quantize.qat.simulation import Simulation
from tfl_lite_suite.quantize.start import (
    BIAS_CORRECTION,
    EQUALIZATION,
    Start,
    Trial,
    equalized_or_reason,
    scores,
    share_out,
)
from tfl_lite_suite.tflite import delegated_forms
from tfl_lite_suite.tflite.file import TfliteFile

LOGIT_RANGE, CHOSEN_RANGES = "logit_range", "chosen_ranges"
COMPENSATED, LEARNED = "compensated_rounding", "learned_rounding"
_BIAS_PICTURES = 32
_DEBUG_PICTURES = 6


@dataclasses.dataclass(frozen=True)
class Candidate:
    """One way of quantizing, and how well it did on the judging pictures.

    Attributes:
        techniques: What was done besides rounding; empty for plain conversion.
        file: The model, without metadata.
        agreement: Share of pictures with the float model's top-1.
        kl: Kullback-Leibler divergence of each picture's int8 class probabilities from the float model's, float64
            `(n,)`, in nats.
        refusal: Why XNNPACK does not run the file; empty where it does.
        ranges: What chose the ranges of activations, of `activation_ranges.RULES`.
    """

    techniques: tuple[str, ...]
    file: TfliteFile
    agreement: float
    kl: Array
    refusal: str = ""
    ranges: str = EXTREMES


@dataclasses.dataclass(frozen=True)
class Calibrated(Candidate):
    """What TensorFlow's calibrator made, whose layers can be compared and replaced.

    Attributes:
        model: The Keras model that was converted.
        reference: The float32 file of `model`.
        full_range: The file before `LOGIT_RANGE` and `Quantized.finish`.
    """

    _: dataclasses.KW_ONLY
    model: KerasModel
    reference: TfliteFile
    full_range: TfliteFile


Chosen = TypeVar("Chosen", bound=Candidate)


@dataclasses.dataclass(frozen=True)
class _Pictures:
    """Calibration pictures and what the float model answers: `expected` to `judging`, `logits` to `for_ranges`."""

    for_ranges: Array
    judging: Array
    expected: Array
    logits: Array


@dataclasses.dataclass(frozen=True)
class Quantized:
    """The best candidate, and what is known about all.

    Attributes:
        best: The candidate that was chosen.
        report: JSON-serialisable: `techniques`, `agreement`, `kl`, `candidates`, `pictures`, `notes`.
        for_ranges: The pictures that gave the ranges.
        judging: The pictures that judged.
        expected: The float model's scores of `judging`.
        logits: The float model's scores of `for_ranges`.
        calibrated: The best that TensorFlow's calibrator made.
        finish: What was done last to each file.
    """

    best: Candidate
    report: JsonObject
    for_ranges: Array
    judging: Array
    expected: Array
    logits: Array
    calibrated: Calibrated
    finish: Callable[[TfliteFile], TfliteFile]

    @property
    def content(self) -> bytes:
        """The flatbuffer, without metadata."""
        return self.best.file.content


def quantize(
    model: KerasModel,
    calibration: Array,
    io_type: str = "int8",
    seed: int = 0,
    ptq: str = "auto",
    *,
    split_hard_swish: bool = True,
) -> Quantized:
    """Quantizes a trained model to int8.

    Args:
        model: Keras model from raw pixels to logits or probabilities, without fake quantization.
        calibration: uint8 `(n, height, width, channels)`, training pictures; about 200 are enough.
        io_type: As for `converter.convert`.
        seed: Seed of the split into pictures for ranges and pictures to judge by.
        ptq: `auto` tries techniques and keeps those that help; `learned` also trains rounding, biases and ranges;
            `plain` tries none.
        split_hard_swish: As for `delegated_forms.rewrite`.

    Returns:
        The int8 file that is closest to the float model on the judging pictures. `notes` say what could not be tried,
        and why.

    Raises:
        SuiteError: If the model cannot be converted at all.
    """
    best: Candidate
    candidates: list[Candidate]
    for_ranges, judging = share_out(calibration, seed)
    same = f"judged on the same {len(judging)} pictures that gave the ranges; give 100 or more"
    notes = [same] if for_ranges is judging else []
    pictures = _Pictures(for_ranges, judging, scores(model, judging), scores(model, for_ranges))
    finish = functools.partial(delegated_forms.rewrite, split_hard_swish=split_hard_swish)
    make = functools.partial(_converted, pictures=pictures, io_type=io_type, finish=finish)
    if ptq == "plain":
        (calibrated,) = make(model, (), plain=True)
        best, candidates = calibrated, [calibrated]
    else:
        found, equalized = _calibrated(model, for_ranges, make)
        calibrated = choose(found)
        begin = functools.partial(start.find, split_hard_swish=split_hard_swish, equalization=equalized)
        to_learn = share_out(calibration, seed, len(calibration))[0] if ptq == "learned" else None
        planned, reason = _planned(model, begin, pictures, to_learn, functools.partial(_aware, io_type, finish))
        best = choose([calibrated, *planned])
        candidates = [*found, *planned]
        notes += [text for text in (equalized[1], reason) if text]
    notes += _left_out(best, candidates)
    report = {
        "techniques": list(best.techniques),
        "ranges": best.ranges,
        "agreement": best.agreement,
        "kl": float(best.kl.mean()),
        "candidates": [_trial(candidate).to_json() for candidate in candidates],
        "pictures": {"ranges": len(for_ranges), "judging": len(judging)},
        "notes": notes,
    }
    return Quantized(best, report, for_ranges, judging, pictures.expected, pictures.logits, calibrated, finish)


def with_fallback(done: Quantized, least_agreement: float, fallback: str = "float", io_type: str = "int8") -> Quantized:
    """Computes the fewest layers in float or 16 bits that bring agreement with the float model to what is asked.

    Args:
        done: What `quantize` returned.
        least_agreement: Share of the judging pictures that must have the float model's top-1.
        fallback: `float`, or `int16`: 16-bit activations.
        io_type: As for `quantize`.

    Returns:
        `done` itself where it is good enough, or where not even all layers help; else a mixed file. The report says
        which layers, under `float_layers` or `int16_layers`, and under `float_latency_ratio` or `int16_latency_ratio`
        its latency on this computer over the int8 file's.
    """
    if done.best.agreement >= least_agreement:
        return done
    best = done.calibrated
    ranked, way, refused = _fallback(done, fallback, io_type)
    notes = list(done.report["notes"])
    notes += [f"runtimes do not compute in 16 bits: {', '.join(refused)}"] if refused else []

    def build(tensors: Sequence[str]) -> TfliteFile:
        file = way(tensors)
        if BIAS_CORRECTION not in best.techniques:
            return file
        return bias_correction.correct(file, best.reference, done.for_ranges[:_BIAS_PICTURES]).file

    def judged(full_range: TfliteFile) -> Candidate:
        file = logit_range.narrow(full_range, done.logits) if LOGIT_RANGE in best.techniques else full_range
        return _judged(best.techniques, done.finish(file), done.judging, done.expected)

    found = fewest(build, ranked, lambda file: judged(file).agreement, least_agreement)
    if found is None:
        notes.append(f"not even every layer in {fallback} reaches an agreement of {least_agreement:.3f}")
        notes += _limit_of_output(done)
        return dataclasses.replace(done, report={**done.report, "notes": notes})
    mixed = judged(found.file)
    report = {
        **done.report,
        "techniques": list(best.techniques),
        "ranges": best.ranges,
        "agreement": mixed.agreement,
        "kl": float(mixed.kl.mean()),
        "notes": notes,
        f"{fallback}_layers": [layer_name(tensor) for tensor in found.tensors],
        f"{fallback}_latency_ratio": latency_ratio(mixed.file.content, done.content, done.judging[0]),
    }
    kept = dataclasses.replace(best, file=mixed.file, full_range=found.file)
    return dataclasses.replace(done, best=kept, report=report)


def _fallback(
    done: Quantized, fallback: str, io_type: str
) -> tuple[list[str], Callable[[Sequence[str]], TfliteFile], list[str]]:
    """Returns the outputs that may be computed otherwise, the worst first; what does it; and operators that cannot."""
    best = done.calibrated
    errors = layer_errors(best.full_range, best.reference, done.for_ranges[:_DEBUG_PICTURES])
    ranked = [error.tensor for error in worst(errors, 10**6)]
    if fallback == "float":
        mixed = Mixed(best.model, done.for_ranges, io_type)
        return ranked, lambda tensors: TfliteFile(mixed.quantize(tensors)), []
    possible, refused = int16_fallback.candidates(best.full_range)
    way = functools.partial(int16_fallback.widen, best.full_range)
    return [tensor for tensor in ranked if tensor in possible], way, refused


def _limit_of_output(done: Quantized) -> list[str]:
    """Returns what rounding the float model's scores to the file's output alone leaves, if that is not all."""
    scale, zero_point = Interpreter(done.content).outputs[0]["quantization"]
    rounded = np.rint(done.expected / scale) + zero_point if scale else done.expected
    kept = float(np.mean(rounded.argmax(axis=1) == done.expected.argmax(axis=1)))
    return [f"its 8-bit output alone keeps {kept:.3f}; convert.io_type: float32 has no such limit"] if kept < 1 else []


def choose(candidates: Sequence[Chosen]) -> Chosen:
    """Returns the candidate nearest to the float model; one that XNNPACK refuses only if it refuses all."""
    return min(candidates, key=lambda candidate: (bool(candidate.refusal), _trial(candidate).root_kl))


def _calibrated(
    model: KerasModel, for_ranges: Array, make: Callable[[KerasModel, tuple[str, ...]], list[Calibrated]]
) -> tuple[list[Calibrated], tuple[Equalized | None, str]]:
    """Returns what TensorFlow's calibrator makes of a model and of its equalized form, and `equalized_or_reason`."""
    progress = Progress("post-training quantization", 4)
    progress.update(0, "plain conversion")
    candidates = make(model, ())
    progress.update(2, "cross-layer equalization")
    equalized, note = equalized_or_reason(model, for_ranges)
    if equalized is not None:
        progress.update(3, "conversion after equalization")
        candidates += make(equalized.model, (EQUALIZATION,))
    progress.close()
    return candidates, (equalized, note)


def _converted(
    model: KerasModel,
    techniques: tuple[str, ...],
    pictures: _Pictures,
    io_type: str,
    finish: Callable[[TfliteFile], TfliteFile],
    plain: bool = False,
) -> list[Calibrated]:
    """Returns a model as int8, without and with corrected biases, each also with the logits in finer steps.

    With `plain` there is only the first.
    """
    converted = tflite_converter.convert(model, "int8", io_type=io_type, calibration=pictures.for_ranges)
    plainly, reference = TfliteFile(converted), TfliteFile(tflite_converter.convert(model, "float32"))

    def judged(done: tuple[str, ...], full_range: TfliteFile, file: TfliteFile) -> Calibrated:
        found = _judged(done, finish(file), pictures.judging, pictures.expected)
        return Calibrated(**vars(found), model=model, reference=reference, full_range=full_range)

    if plain:
        return [judged(techniques, plainly, plainly)]
    corrected = bias_correction.correct(plainly, reference, pictures.for_ranges[:_BIAS_PICTURES])
    files = {techniques: plainly}
    if corrected.layers:
        files[(*techniques, BIAS_CORRECTION)] = corrected.file
    found = []
    for done, full_range in files.items():
        found.append(judged(done, full_range, full_range))
        narrowed = logit_range.narrow(full_range, pictures.logits)
        if narrowed is not full_range:
            found.append(judged((*done, LOGIT_RANGE), full_range, narrowed))
    return found


def _judged(techniques: tuple[str, ...], file: TfliteFile, judging: Array, expected: Array) -> Candidate:
    interpreter = Interpreter(file.content)
    received = interpreter.scores(judging)
    agreement = float(np.mean(received.argmax(axis=1) == expected.argmax(axis=1)))
    return Candidate(techniques, file, agreement, divergence(expected, received), interpreter.refusal)


def _planned(
    model: KerasModel,
    find: Callable[[KerasModel, Array, Array], Start],
    pictures: _Pictures,
    to_learn: Array | None,
    as_file: Callable[[KerasModel], TfliteFile],
) -> tuple[list[Candidate], str]:
    """Returns the file of the plan that training would start from, and those with better rounding if asked for.

    There is none, but the reason why, for a graph that the plan does not take.
    """
    try:
        found = find(model, pictures.for_ranges, pictures.judging)
    except SuiteError as error:
        learned = "" if to_learn is None else "nor learned rounding "
        return [], f"other ranges than the extremes {learned}were not tried: {error}"
    begun, candidates = (*found.chosen.techniques, CHOSEN_RANGES), []

    def add(techniques: tuple[str, ...], simulation: Simulation) -> None:
        candidate = _judged(techniques, as_file(simulation.freeze()), pictures.judging, pictures.expected)
        candidates.append(dataclasses.replace(candidate, ranges=found.chosen.rule))

    add(begun, found.simulation())
    if to_learn is not None:
        simulation = found.compensated(to_learn)
        add((*begun, COMPENSATED), simulation)
        learned_rounding.learn(model, simulation, to_learn)
        add((*begun, COMPENSATED, LEARNED), simulation)
    return candidates, ""


def _aware(io_type: str, finish: Callable[[TfliteFile], TfliteFile], model: KerasModel) -> TfliteFile:
    """Returns a model with fake quantization as int8."""
    return finish(TfliteFile(tflite_converter.convert(model, "int8", io_type=io_type, quantization_aware=True)))


def _trial(candidate: Candidate) -> Trial:
    return Trial(candidate.techniques, candidate.ranges, candidate.agreement, candidate.kl)


def _left_out(best: Candidate, candidates: list[Candidate]) -> list[str]:
    tried = {technique for candidate in candidates for technique in candidate.techniques}
    notes = [f"{technique} did not help and was left out" for technique in sorted(tried - set(best.techniques))]
    return [*notes, f"warning: XNNPACK does not run this file: {best.refusal}"] if best.refusal else notes
