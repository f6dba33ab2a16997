"""Post-training quantization that holds: techniques are tried on calibration pictures, and kept where they help.

Some calibration pictures give the activation ranges, others judge. Judged is by how far the int8 scores are from the
float scores, as Kullback-Leibler divergence: top-1 of near-identical files differs by a point at random, the divergence
hardly does.
"""

import dataclasses
import functools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.core.framework import tf
from tfl_lite_suite.core.progress import Progress
from tfl_lite_suite.models import tflite_converter
from tfl_lite_suite.models.graph.canonical import canonical
from tfl_lite_suite.models.graph.fold import fold_batch_norm
from tfl_lite_suite.models.tflite_interpreter import Interpreter
from tfl_lite_suite.quantize.ptq import bias_correction, int16_fallback, logit_range
from tfl_lite_suite.quantize.ptq.equalization import Equalized, equalize
from tfl_lite_suite.quantize.ptq.fallback import fewest, latency_ratio
from tfl_lite_suite.quantize.ptq.float_fallback import Mixed
from tfl_lite_suite.quantize.ptq.layer_error import layer_errors, layer_name, worst
from tfl_lite_suite.tflite import delegated_forms

EQUALIZATION, BIAS_CORRECTION, LOGIT_RANGE = "cross_layer_equalization", "bias_correction", "logit_range"
# More pictures do not make better ranges.
_MOST_RANGE_PICTURES = 128
_MOST_JUDGING_PICTURES = 100
_BIAS_PICTURES = 32
_DEBUG_PICTURES = 6
# Fewer cannot be shared out between ranges and judging.
_FEWEST_TO_SHARE = 16
# Equalization is exact but for float rounding; more says that a layer does not compute what its class promises.
_TOLERANCE = 1e-3


@dataclasses.dataclass(frozen=True)
class Candidate:
    """One way of quantizing, and how well it did on the judging pictures.

    Attributes:
        techniques: What was done besides rounding; empty for plain conversion.
        content: The flatbuffer, without metadata.
        agreement: Share of pictures with the float model's top-1.
        kl: Kullback-Leibler divergence of each picture's int8 class probabilities from the float model's, float64
            `(n,)`, in nats.
        refusal: Why XNNPACK does not run the file; empty where it does.
        model: The Keras model that was converted.
        reference: The float32 flatbuffer of `model`.
        full_range: The flatbuffer before `LOGIT_RANGE` and `Quantized.finish`.
    """

    techniques: tuple[str, ...]
    content: bytes
    agreement: float
    kl: np.ndarray
    refusal: str = ""
    model: Any = None
    reference: bytes = b""
    full_range: bytes = b""


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
        finish: What was done last to each flatbuffer.
    """

    best: Candidate
    report: dict[str, Any]
    for_ranges: np.ndarray
    judging: np.ndarray
    expected: np.ndarray
    logits: np.ndarray
    finish: Callable[[bytes], bytes] = bytes

    @property
    def content(self) -> bytes:
        """The flatbuffer, without metadata."""
        return self.best.content


def quantize(
    model: Any, calibration: np.ndarray, io_type: str = "int8", seed: int = 0, *, split_hard_swish: bool = True
) -> Quantized:
    """Quantizes a trained model to int8.

    Args:
        model: Keras model from raw pixels to logits or probabilities, without fake quantization.
        calibration: uint8 `(n, height, width, channels)`, training pictures; about 200 are enough.
        io_type: As for `converter.convert`.
        seed: Seed of the split into pictures for ranges and pictures to judge by.
        split_hard_swish: As for `delegated_forms.rewrite`.

    Returns:
        The int8 file that is closest to the float model on the judging pictures. A technique is kept only if it is
        better by more than the standard error. `notes` say what could not be tried, and why.

    Raises:
        SuiteError: If the model cannot be converted at all.
    """
    for_ranges, judging = share_out(calibration, seed)
    notes = []
    if len(calibration) < _FEWEST_TO_SHARE:
        notes.append(f"judged on the same {len(judging)} pictures that gave the ranges; give 100 or more")
    progress = Progress("post-training quantization", 5)
    expected, logits = _float_scores(model, judging), _float_scores(model, for_ranges)
    progress.update(0, "plain conversion")
    finish = functools.partial(delegated_forms.rewrite, split_hard_swish=split_hard_swish)
    candidates = _converted(model, (), for_ranges, judging, expected, logits, io_type, finish)
    progress.update(2, "cross-layer equalization")
    equalized, note = _equalized(model, for_ranges)
    if equalized is not None:
        progress.update(3, "conversion after equalization")
        candidates += _converted(
            equalized.model, (EQUALIZATION,), for_ranges, judging, expected, logits, io_type, finish
        )
    progress.close()
    notes += [note] if note else []
    best = choose(candidates)
    notes += _left_out(best, candidates)
    report = {
        "techniques": list(best.techniques),
        "agreement": best.agreement,
        "kl": float(best.kl.mean()),
        "candidates": [_described(candidate) for candidate in candidates],
        "pictures": {"ranges": len(for_ranges), "judging": len(judging)},
        "notes": notes,
    }
    return Quantized(best, report, for_ranges, judging, expected, logits, finish)


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
    best = done.best
    ranked, way, refused = _fallback(done, fallback, io_type)
    notes = list(done.report["notes"])
    notes += [f"runtimes do not compute in 16 bits: {', '.join(refused)}"] if refused else []

    def build(tensors: Sequence[str]) -> bytes:
        content = way(tensors)
        if BIAS_CORRECTION not in best.techniques:
            return content
        return bias_correction.correct(content, best.reference, done.for_ranges[:_BIAS_PICTURES]).content

    def judged(full_range: bytes) -> Candidate:
        content = logit_range.narrow(full_range, done.logits) if LOGIT_RANGE in best.techniques else full_range
        return _judged(best.techniques, done.finish(content), done.judging, done.expected)

    found = fewest(build, ranked, lambda content: judged(content).agreement, least_agreement)
    if found is None:
        notes.append(f"not even every layer in {fallback} reaches an agreement of {least_agreement:.3f}")
        notes += _limit_of_output(done)
        return dataclasses.replace(done, report={**done.report, "notes": notes})
    mixed = judged(found.content)
    report = {
        **done.report,
        "agreement": mixed.agreement,
        "kl": float(mixed.kl.mean()),
        "notes": notes,
        f"{fallback}_layers": [layer_name(tensor) for tensor in found.tensors],
        f"{fallback}_latency_ratio": latency_ratio(mixed.content, done.content, done.judging[0]),
    }
    kept = dataclasses.replace(best, content=mixed.content, full_range=found.content)
    return dataclasses.replace(done, best=kept, report=report)


def _fallback(
    done: Quantized, fallback: str, io_type: str
) -> tuple[list[str], Callable[[Sequence[str]], bytes], list[str]]:
    """Returns the outputs that may be computed otherwise, the worst first; what does it; and operators that cannot."""
    best = done.best
    errors = layer_errors(best.full_range, best.reference, done.for_ranges[:_DEBUG_PICTURES])
    ranked = [error.tensor for error in worst(errors, 10**6)]
    if fallback == "float":
        return ranked, Mixed(best.model, done.for_ranges, io_type).quantize, []
    possible, refused = int16_fallback.candidates(best.full_range)
    way = functools.partial(int16_fallback.widen, best.full_range)
    return [tensor for tensor in ranked if tensor in possible], way, refused


def _limit_of_output(done: Quantized) -> list[str]:
    """Returns what rounding the float model's scores to the file's output alone leaves, if that is not all."""
    scale, zero_point = Interpreter(done.content).outputs[0]["quantization"]
    rounded = np.rint(done.expected / scale) + zero_point if scale else done.expected
    kept = float(np.mean(rounded.argmax(axis=1) == done.expected.argmax(axis=1)))
    return [f"its 8-bit output alone keeps {kept:.3f}; convert.io_type: float32 has no such limit"] if kept < 1 else []


def share_out(calibration: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Returns pictures for ranges and pictures to judge by, drawn at random; all are both if there are few."""
    count = len(calibration)
    if count < _FEWEST_TO_SHARE:
        return calibration, calibration
    order = np.random.default_rng(seed).permutation(count)
    judging = min(count // 3, _MOST_JUDGING_PICTURES)
    return calibration[order[judging:][:_MOST_RANGE_PICTURES]], calibration[order[:judging]]


def choose(candidates: list[Candidate]) -> Candidate:
    """Returns the candidate with the least divergence; a later one must beat an earlier by its standard error.

    Files that XNNPACK refuses are chosen only if it refuses all.
    """
    best, *others = [candidate for candidate in candidates if not candidate.refusal] or candidates
    for candidate in others:
        gain = best.kl - candidate.kl
        if gain.mean() > gain.std() / np.sqrt(len(gain)):
            best = candidate
    return best


def divergence(expected: np.ndarray, received: np.ndarray) -> np.ndarray:
    """Returns the Kullback-Leibler divergence of `received` from `expected`, float64 `(n,)`, in nats.

    Args:
        expected: Logits or probabilities, `(n, classes)`.
        received: As `expected`, rounded.
    """
    as_probabilities = bool((expected >= 0).all() and np.allclose(expected.sum(axis=1), 1, atol=1e-3))
    before, after = (_log_probabilities(scores, as_probabilities) for scores in (expected, received))
    return np.asarray((np.exp(before) * (before - after)).sum(axis=1))


def _log_probabilities(scores: np.ndarray, are_probabilities: bool) -> np.ndarray:
    scores = scores.astype(np.float64)
    if are_probabilities:
        # Half a step of an int8 probability stands for those rounded to 0.
        scores = np.log(np.maximum(scores, 1 / 512))
    scores = scores - scores.max(axis=1, keepdims=True)
    return np.asarray(scores - np.log(np.exp(scores).sum(axis=1, keepdims=True)))


def _float_scores(model: Any, pictures: np.ndarray) -> np.ndarray:
    forward = tf.function(lambda images: model(images, training=False), autograph=False)
    batches = [forward(tf.cast(pictures[start : start + 16], tf.float32)) for start in range(0, len(pictures), 16)]
    return np.concatenate([batch.numpy() for batch in batches])


def _converted(
    model: Any,
    techniques: tuple[str, ...],
    for_ranges: np.ndarray,
    judging: np.ndarray,
    expected: np.ndarray,
    logits: np.ndarray,
    io_type: str,
    finish: Callable[[bytes], bytes],
) -> list[Candidate]:
    """Returns a model as int8, without and with corrected biases, each also with the logits in finer steps."""
    content = tflite_converter.convert(model, "int8", io_type=io_type, calibration=for_ranges)
    reference = tflite_converter.convert(model, "float32")
    corrected = bias_correction.correct(content, reference, for_ranges[:_BIAS_PICTURES])
    files = {techniques: content}
    if corrected.layers:
        files[(*techniques, BIAS_CORRECTION)] = corrected.content
    found = []
    for done, full_range in files.items():
        narrowed = logit_range.narrow(full_range, logits)
        variants = {done: full_range, **({(*done, LOGIT_RANGE): narrowed} if narrowed is not full_range else {})}
        judged = [_judged(name, finish(content), judging, expected) for name, content in variants.items()]
        known = {"model": model, "reference": reference, "full_range": full_range}
        found += [dataclasses.replace(candidate, **known) for candidate in judged]
    return found


def _judged(techniques: tuple[str, ...], content: bytes, judging: np.ndarray, expected: np.ndarray) -> Candidate:
    interpreter = Interpreter(content)
    received = interpreter.scores(judging)
    agreement = float(np.mean(received.argmax(axis=1) == expected.argmax(axis=1)))
    return Candidate(techniques, content, agreement, divergence(expected, received), interpreter.refusal)


def _equalized(model: Any, for_ranges: np.ndarray) -> tuple[Equalized | None, str]:
    """Returns the equalized model, or none and the reason why."""
    left_out = "cross-layer equalization was not tried:"
    try:
        result = equalize(fold_batch_norm(canonical(model)), for_ranges)
    except (SuiteError, TypeError, ValueError, NotImplementedError) as error:
        return None, f"{left_out} {' '.join(str(error).split())[:200]}"
    if not result.groups:
        return None, f"{left_out} the network has no convolutions joined by linear layers or ReLU alone"
    if result.difference > _TOLERANCE:
        return None, f"{left_out} it would change the float model's scores by {100 * result.difference:.1f} %"
    return result, ""


def _left_out(best: Candidate, candidates: list[Candidate]) -> list[str]:
    tried = {technique for candidate in candidates for technique in candidate.techniques}
    notes = [f"{technique} did not help and was left out" for technique in sorted(tried - set(best.techniques))]
    return [*notes, f"warning: XNNPACK does not run this file: {best.refusal}"] if best.refusal else notes


def _described(candidate: Candidate) -> dict[str, Any]:
    return {
        "techniques": list(candidate.techniques),
        "agreement": candidate.agreement,
        "kl": float(candidate.kl.mean()),
        "kl_stderr": float(candidate.kl.std() / np.sqrt(len(candidate.kl))),
    }
