"""The int8 network without training: where quantization-aware training starts, and post-training quantization ends.

Ranges are chosen by how far the outputs are from the float network's on pictures that gave no ranges, as the root of
the Kullback-Leibler divergence. Equalization and bias correction are kept where they bring the outputs nearer.
"""

import dataclasses
import hashlib
import operator

import numpy as np

from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.core.figures import percent
from tfl_lite_suite.core.progress import Progress
from tfl_lite_suite.core.types import Array, JsonObject, KerasModel, TfFunction
from tfl_lite_suite.models.graph.batches import batches_of, for_batches
from tfl_lite_suite.models.graph.canonical import canonical
from tfl_lite_suite.models.graph.fold import fold_batch_norm
from tfl_lite_suite.models.graph.logits import divergence, root
from tfl_lite_suite.prune.clustering import equal_weights
from tfl_lite_suite.prune.sparsity import prunable
from tfl_lite_suite.quantize.ptq.compensated_rounding import compensate
from tfl_lite_suite.quantize.ptq.equalization import Equalized, equalize
from tfl_lite_suite.quantize.qat.activation_ranges import EXTREMES, LEAST_DIVERGENCE, RULES, Range
from tfl_lite_suite.quantize.qat.fake_quantization import Plan, expanded, expanded_folded
from tfl_lite_suite.quantize.qat.simulated_bias import correct_biases
from tfl_lite_suite.quantize.qat.simulation import Simulation

EQUALIZATION, BIAS_CORRECTION = "cross_layer_equalization", "bias_correction"
_BIAS_PICTURES = 32
_BATCH = 32
# Extremes get no better by more, and layers of large pictures take their time.
_MOST_RANGE_PICTURES = 256
_MOST_JUDGING_PICTURES = 170
# Fewer cannot be shared out between ranges and judging.
_FEWEST_TO_SHARE = 16
# Training and post-training quantization of one network begin alike, and it takes most of the time of the latter.
_LAST: "dict[str, Start]" = {}
_distance = operator.attrgetter("root_kl")
# Equalization is exact but for float rounding; more says that a layer does not compute what its class promises.
_TOLERANCE = 1e-3


@dataclasses.dataclass(frozen=True)
class Trial:
    """One way of quantizing, judged.

    Attributes:
        techniques: What was done besides rounding.
        rule: What chose the ranges, of `activation_ranges.RULES`.
        agreement: Share of the judging pictures with the float network's top-1.
        kl: Divergence of each picture's class probabilities from the float network's, float64 `(n,)`, in nats.
    """

    techniques: tuple[str, ...]
    rule: str
    agreement: float
    kl: Array

    @property
    def root_kl(self) -> float:
        """The mean root of `kl`, by which trials are compared."""
        return float(root(self.kl).mean())

    def to_json(self) -> JsonObject:
        """Returns what `results.json` holds of it."""
        return {
            "techniques": list(self.techniques),
            "ranges": self.rule,
            "agreement": self.agreement,
            "kl": float(self.kl.mean()),
            "kl_stderr": float(self.kl.std() / np.sqrt(len(self.kl))),
            "root_kl": self.root_kl,
        }


@dataclasses.dataclass(frozen=True)
class Start:
    """The best way that was tried.

    Attributes:
        plan: The plan of the network, equalized if that is one of the techniques.
        ranges: Of each tensor.
        biases: Of each layer of the simulation that has one, by the layer's name.
        chosen: How well it does.
        trials: All that was tried.
        notes: What could not be tried, and why.
    """

    plan: Plan
    ranges: dict[int, Range]
    biases: dict[str, Array]
    chosen: Trial
    trials: tuple[Trial, ...]
    notes: tuple[str, ...]

    def simulation(self, train_ranges: bool = False) -> Simulation:
        """Returns the network with these ranges and biases, to train."""
        made = Simulation(self.plan, self.ranges, train_ranges)
        made.set_biases(self.biases)
        return made

    def compensated(self, pictures: Array) -> Simulation:
        """Returns the network with these ranges and compensated rounding, to train; biases are corrected anew."""
        made = Simulation(self.plan, self.ranges, train_ranges=True)
        compensate(made, pictures)
        if BIAS_CORRECTION in self.chosen.techniques:
            correct_biases(made, pictures[:_BIAS_PICTURES])
        return made


def share_out(calibration: Array, seed: int, most: int = _MOST_RANGE_PICTURES) -> tuple[Array, Array]:
    """Returns at most `most` pictures for ranges, and others to judge by, drawn at random; few are both."""
    count = len(calibration)
    if count < _FEWEST_TO_SHARE:
        return calibration, calibration
    order = np.random.default_rng(seed).permutation(count)
    judging = min(count // 3, _MOST_JUDGING_PICTURES)
    return calibration[order[judging:][:most]], calibration[order[:judging]]


def find(
    model: KerasModel,
    for_ranges: Array,
    judging: Array,
    *,
    only_ranges: bool = False,
    split_hard_swish: bool = True,
    equalization: tuple[Equalized | None, str] | None = None,
) -> Start:
    """Tries what post-training quantization can do, and returns the best; asked the same again, the same `Start`.

    Args:
        model: Trained functional model from raw pixels to logits or probabilities.
        for_ranges: uint8 `(n, height, width, channels)`, pictures that ranges are taken from.
        judging: uint8 `(m, height, width, channels)`, pictures that judge.
        only_ranges: Whether weights and biases stay as they are.
        split_hard_swish: As for `quantization_aware`.
        equalization: What `equalized_or_reason` returned for `model` and `for_ranges`, where it was called already.

    Raises:
        SuiteError: If the graph holds a layer that has no int8 form here; the message names each.
    """
    network = expanded(model, split_hard_swish)
    key = _digest(network, for_ranges, judging, only_ranges)
    if key not in _LAST:
        _LAST.clear()
        if equalization is None:
            equalization = (None, "") if only_ranges else equalized_or_reason(model, for_ranges)
        networks: dict[tuple[str, ...], KerasModel] = {(): network}
        equalized, note = equalization
        if equalized is not None:
            networks[(EQUALIZATION,)] = expanded_folded(equalized.model, split_hard_swish)
        _LAST[key] = _best(networks, note, scores(model, judging), for_ranges, judging, not only_ranges)
    return _LAST[key]


def _digest(network: KerasModel, for_ranges: Array, judging: Array, only_ranges: bool) -> str:
    """Returns what tells apart what `find` is asked for."""
    content = hashlib.sha256(f"{network.to_json()} {only_ranges} {for_ranges.shape}".encode())
    for values in (*network.get_weights(), for_ranges, judging):
        content.update(values.tobytes())
    return content.hexdigest()


def _best(
    networks: dict[tuple[str, ...], KerasModel],
    note: str,
    expected: Array,
    for_ranges: Array,
    judging: Array,
    corrects_biases: bool,
) -> Start:
    """Returns the best of what can be done to networks, by the techniques that made them."""
    progress = Progress("ranges of activations", len(networks) * (len(RULES) + 1))
    found, done = [], 0
    for techniques, network in networks.items():
        plan = Plan(network, for_ranges)
        simulation = Simulation(plan, plan.ranges_by(RULES[0]))
        judge = _Judge(simulation.model, judging, expected)
        by_rule = {}
        for rule in RULES:
            simulation.assign(plan.ranges_by(rule))
            by_rule[rule] = judge(techniques, rule)
            done += 1
            progress.update(done, rule)
        best = min(by_rule.values(), key=_distance)
        biases = simulation.biases()
        found += [(trial, plan, biases) for trial in by_rule.values()]
        # Biases that make up for what the tightest ranges clip can do harm, where they help with wider ones.
        for rule in dict.fromkeys((EXTREMES, LEAST_DIVERGENCE, best.rule)) if corrects_biases else ():
            simulation.assign(plan.ranges_by(rule))
            simulation.set_biases(biases)
            if correct_biases(simulation, for_ranges[:_BIAS_PICTURES]):
                found.append((judge((*techniques, BIAS_CORRECTION), rule), plan, simulation.biases()))
        done += 1
        progress.update(done, BIAS_CORRECTION)
    progress.close()
    trials = [trial for trial, _, _ in found]
    chosen = min(trials, key=_distance)
    plan, biases = next((plan, biases) for trial, plan, biases in found if trial is chosen)
    return Start(plan, plan.ranges_by(chosen.rule), biases, chosen, tuple(trials), (note,) if note else ())


def scores(model: KerasModel, pictures: Array) -> Array:
    """Returns what a model answers to uint8 pictures, float32 `(n, classes)`."""
    return _answers(for_batches(model), pictures)


def _answers(forward: TfFunction, pictures: Array) -> Array:
    return np.concatenate([forward(batch).numpy() for batch in batches_of(pictures, _BATCH)])


def equalized_or_reason(model: KerasModel, for_ranges: Array) -> tuple[Equalized | None, str]:
    """Returns the equalized model, its batch normalization folded, or none and the reason why."""
    left_out = "cross-layer equalization was not tried:"
    try:
        folded = fold_batch_norm(canonical(model))
        if any(equal_weights(layer.get_weights()[0], True) is not None for layer in folded.layers if prunable(layer)):
            return None, f"{left_out} it would part weights that are equal after clustering"
        result = equalize(folded, for_ranges)
    except SuiteError as error:
        return None, f"{left_out} {' '.join(str(error).split())[:200]}"
    if not result.groups:
        return None, f"{left_out} the network has no convolutions joined by linear layers or ReLU alone"
    if result.difference > _TOLERANCE:
        return None, f"{left_out} it would change the float model's scores by {percent(result.difference, 1)}"
    return result, ""


class _Judge:
    """Compares a simulated network with the float one on the judging pictures."""

    def __init__(self, model: KerasModel, judging: Array, expected: Array) -> None:
        self._forward = for_batches(model)
        self._judging, self._expected = judging, expected

    def __call__(self, techniques: tuple[str, ...], rule: str) -> Trial:
        received = _answers(self._forward, self._judging)
        agreement = float(np.mean(received.argmax(axis=1) == self._expected.argmax(axis=1)))
        return Trial(techniques, rule, agreement, divergence(self._expected, received))
