"""Fits a file's decision on validation pictures, with the scores of that very file: temperature, thresholds, rejection.

`docs/decision.md` says what a decision is and how it is fitted.
"""

import dataclasses
import json
import pathlib
import tempfile
from typing import TYPE_CHECKING, Any

from tfl_lite_suite.core.decision import Decision, Frames, Reject
from tfl_lite_suite.core.errors import ArgumentError, SuiteError
from tfl_lite_suite.core.files import atomic_path, write_bytes
from tfl_lite_suite.core.types import Array, JsonObject
from tfl_lite_suite.decide.result import DecideResult
from tfl_lite_suite.decide.wishes import Wishes

if TYPE_CHECKING:
    from tfl_lite_suite.data import Split
    from tfl_lite_suite.evaluate import Model

# What must not slow down --help (NumPy) is imported where it is used.

FRAMES = Frames(5, 0.6, 0.2)
NO_WISHES = Wishes()
REJECTS = ("auto", "none", "max_probability", "margin", "entropy", "energy")


@dataclasses.dataclass(frozen=True)
class Source:
    """Where validation pictures come from.

    Attributes:
        data: What `--data` names; not needed with a recipe.
        unknown: A folder of pictures of none of the classes.
        settings: A recipe, whose validation pictures are taken.
        cache_dir: Where a recipe's prepared pictures are kept.
        split: Which ready-made split of `data`.
        on_corrupt: `error` or `skip`.
        engine: What runs the file; the first installed if absent.
    """

    data: str = ""
    unknown: str | None = None
    settings: Any = None
    cache_dir: str | None = None
    split: Any = "validation"
    on_corrupt: Any = "error"
    engine: str | None = None

    def pictures(self, opened: "Model") -> "tuple[Model, Split, Split | None]":
        """Returns the model with its class names, its pictures, and those of none of the classes if there are any."""
        from tfl_lite_suite import data, evaluate

        unknown = None
        if self.settings is not None:
            opened, images = evaluate.open_validation(opened, self.settings, self.cache_dir)
            split, unknown = images.split, images.unknown
        else:
            split = data.open_all(self.data, opened.contract, self.split, self.on_corrupt)
        if self.unknown is not None:
            unknown = data.open_unknown(self.unknown, opened.contract, on_corrupt=self.on_corrupt, apart_from=split)
        return opened, split, unknown


@dataclasses.dataclass(frozen=True)
class Prepared:
    """Validation pictures that are prepared already.

    Attributes:
        split: The pictures.
        unknown: Pictures of none of the classes, if there are any.
        engine: What runs the file.
    """

    split: "Split"
    unknown: "Split | None"
    engine: str | None = None

    def pictures(self, opened: "Model") -> "tuple[Model, Split, Split | None]":
        """See `Source.pictures`."""
        return opened, self.split, self.unknown


@dataclasses.dataclass(frozen=True)
class Scored:
    """Pictures and what the file makes of them.

    Attributes:
        scores: Real values of the output, `(n, classes)`.
        truth: Which classes each picture shows, bool `(n, classes)`.
        names: The classes' names.
        unknown: Scores of pictures of none of the classes, if there are any.
    """

    scores: Array
    truth: Array
    names: tuple[str, ...]
    unknown: Array | None = None


def decide(
    model: str,
    output: str,
    source: Source | Prepared,
    wishes: Wishes = NO_WISHES,
    *,
    reject: str = "auto",
    frames: Frames = FRAMES,
) -> DecideResult:
    """Fits a decision on validation pictures and writes it into a file; probabilities in a file are calibrated first.

    Args:
        model: The `.tflite` file.
        output: Where to write it; may be the same.
        source: The pictures.
        wishes: What the decision should keep to.
        reject: See `fit`.
        frames: See `fit`.

    Raises:
        SuiteError: If the file is no classifier of the suite, or pictures or wishes do not fit it.
    """
    from tfl_lite_suite.decide import kept, text

    _require_tflite(model)
    require_contract(model)
    scored, gives, mode = score(model, source)
    wishes.check(scored.names)
    before, heat, changed = None, None, model
    if gives == "probabilities" and mode == "single":
        before = kept.calibration(Decision(scores="probabilities"), scored).before
        heat = calibrate(model, output, source)
        changed = output
        scored, gives, mode = score(changed, source)
    decision = fit(scored, wishes, mode=mode, given=gives, reject=reject, frames=frames)
    apply(changed, output, decision)
    document = {"model": model, "output": output, **report(decision, scored, wishes), "warnings": []}
    found = DecideResult.from_document(document)
    if heat is not None:
        calibration = dataclasses.replace(found.calibration_error, before=before)
        found = dataclasses.replace(found, temperature=heat, calibration_error=calibration)
    return dataclasses.replace(found, warnings=tuple(text.warnings(found.wishes, found.per_class)))


def _require_tflite(model: str) -> None:
    if not model.endswith(".tflite"):
        raise ArgumentError("model", f"expected a .tflite file. Received: '{model}'")


def require_contract(model: str) -> None:
    """Checks that a file says how pictures are prepared, for a decision travels beside that.

    Raises:
        SuiteError: If it does not.
    """
    from tfl_lite_suite.runtime import engines

    if engines.get(engines.default(model)).inspect(model).contract is None:
        raise SuiteError(f"{model}: the file has no preprocessing contract; make it with convert")


def fit(
    scored: Scored,
    wishes: Wishes = NO_WISHES,
    *,
    mode: str = "single",
    given: str = "logits",
    reject: str = "auto",
    frames: Frames = FRAMES,
) -> Decision:
    """Fits a decision.

    Args:
        scored: Validation pictures.
        wishes: What the decision should keep to.
        mode: `single` or `multi`.
        given: What the file gives: `logits` or `probabilities`.
        reject: One of `REJECTS`; `auto` takes the score that tells the unknown pictures apart best, and rejects
            nothing where there are none.
        frames: Consensus over frames, which single pictures do not tell.

    Returns:
        The decision. The wishes may be out of reach; `report` says how far it keeps to them.
    """
    from tfl_lite_suite.decide import temperature, thresholds

    heat = temperature.fit(scored.scores, scored.truth, mode) if given == "logits" else 1.0
    decision = Decision(mode, given, heat, frames=frames)  # type: ignore[arg-type]
    score = _reject_score(decision, scored, wishes, reject)
    if score != "none":
        decision = dataclasses.replace(decision, reject=Reject(score, 0.0))  # type: ignore[arg-type]
        known, unknown = _certainties(decision, scored)
        least = thresholds.reject_threshold(known, scored.truth, unknown, wishes, scored.names)
        decision = dataclasses.replace(decision, reject=Reject(score, least))  # type: ignore[arg-type]
    if mode == "multi":
        decision = thresholds.best_f1(decision, scored.scores, scored.truth)
    return thresholds.fit(decision, scored.scores, scored.truth, wishes, scored.names)


def _reject_score(decision: Decision, scored: Scored, wishes: Wishes, chosen: str) -> str:
    from tfl_lite_suite.evaluate.decisions import separation

    if chosen != "auto":
        return chosen
    able = ["max_probability", "margin", "entropy", "energy"]
    if decision.mode == "multi":
        able = ["max_probability", "energy"]
    if decision.scores == "probabilities":
        able.remove("energy")
    if scored.unknown is None:
        return "none" if wishes.keep is None else able[0]
    found = {}
    for name in able:
        known, unknown = _certainties(dataclasses.replace(decision, reject=Reject(name, 0.0)), scored)  # type: ignore[arg-type]
        assert unknown is not None
        found[name] = separation(known, unknown).auroc or 0.0
    return max(able, key=found.__getitem__)


def _certainties(decision: Decision, scored: Scored) -> "tuple[Array, Array | None]":
    from tfl_lite_suite.core.decision_rules import decide

    known = decide(decision, scored.scores).certainty
    return known, None if scored.unknown is None else decide(decision, scored.unknown).certainty


def apply(model: str, output: str, decision: Decision) -> None:
    """Writes a file with a decision in it.

    Args:
        model: The `.tflite` file.
        output: Where to write it; may be the same.
        decision: The decision.

    Raises:
        SuiteError: If the file has no contract, or the decision does not fit it.
    """
    from tfl_lite_suite.tflite import metadata_writer

    content = metadata_writer.with_decision(pathlib.Path(model).read_bytes(), decision)
    with atomic_path(output) as temporary:
        temporary.write_bytes(content)


def calibrate(model: str, output: str, source: Source | Prepared) -> float:
    """Writes a copy of a file that ends in a softmax, whose probabilities are calibrated.

    Args:
        model: The `.tflite` file.
        output: Where to write it.
        source: The pictures to fit the temperature on.

    Returns:
        The temperature, by which the logits in front of the softmax are divided.
    """
    from tfl_lite_suite.decide import temperature
    from tfl_lite_suite.tflite import metadata_writer, shared_buffers, softmax_head
    from tfl_lite_suite.tflite.file import TfliteFile

    content = pathlib.Path(model).read_bytes()
    require_contract(model)
    file = TfliteFile(content)
    bare = metadata_writer.strip(content, file)
    # Without its metadata the file has the same graph.
    graph = file.subgraphs[0]

    def with_metadata(changed: bytes) -> bytes:
        assert file.contract is not None and file.metadata is not None
        return metadata_writer.write(changed, file.contract, name=file.metadata.name)

    with tempfile.TemporaryDirectory() as folder:
        logits = pathlib.Path(folder) / "logits.tflite"
        logits.write_bytes(with_metadata(softmax_head.logits_only(bare, graph)))
        scored, _, mode = score(str(logits), source)
    heat = temperature.fit(scored.scores, scored.truth, mode)
    write_bytes(output, with_metadata(shared_buffers.compact(softmax_head.divide(bare, graph, heat))))
    return heat


def report(decision: Decision, scored: Scored, wishes: Wishes = NO_WISHES) -> JsonObject:
    """Says what a decision does with the pictures it was fitted on, and which wishes it keeps.

    Args:
        decision: From `fit`.
        scored: The pictures.
        wishes: What was wanted.

    Returns:
        The keys of `DecideResult`, but for the files and the warnings.
    """
    from tfl_lite_suite.core.decision_rules import decide
    from tfl_lite_suite.decide import kept
    from tfl_lite_suite.evaluate import decisions, metrics

    decided = decide(decision, scored.scores)
    sizes = {"n": len(scored.scores), "n_unknown": None if scored.unknown is None else len(scored.unknown)}
    if decision.mode == "single":
        labels = scored.truth.argmax(axis=1)
        measured = metrics.measure(labels, decided.top, scored.names, decided.probabilities)
        top1 = float((scored.scores.argmax(axis=1) == labels).mean())
    else:
        measured = metrics.measure_multi(scored.truth, decided.answered, scored.names, decided.probabilities)
        top1 = None
    unknown = None if scored.unknown is None else decide(decision, scored.unknown)
    costs = kept.costs(decision, decided, scored, wishes)
    return {
        **sizes,
        "decision": json.loads(decision.to_json()),
        "temperature": decision.temperature,
        "calibration_error": kept.calibration(decision, scored).document(),
        "top1": top1,
        "balanced_accuracy": measured.balanced_accuracy,
        "macro_f1": measured.macro_f1,
        "coverage": float((~decided.rejected).mean()),
        "per_class": [dataclasses.asdict(item) for item in measured.per_class],
        "unknown": None if unknown is None else decisions.unknown_figures(decided, unknown).document(),
        "costs": None if costs is None else costs.document(),
        "wishes": [check.document() for check in kept.wishes(decided, unknown, scored, wishes)],
    }


def score(model: str, source: Source | Prepared) -> "tuple[Scored, str, str]":
    """Runs a file over validation pictures.

    Args:
        model: The `.tflite` file.
        source: The pictures.

    Returns:
        The scores; what the file gives, `logits` or `probabilities`; and the mode that the labels ask for.

    Raises:
        SuiteError: If the file is no classifier of the suite, or the pictures do not fit it.
    """
    import numpy as np

    from tfl_lite_suite import evaluate
    from tfl_lite_suite.runtime import engines

    _require_tflite(model)
    engine = source.engine or engines.default(model)
    opened, split, unknown = source.pictures(evaluate.open_model(model, engine))
    targets = split.targets
    truth = targets if targets is not None else split.labels[:, None] == np.arange(len(opened.contract.labels))
    names = opened.contract.labels
    found = Scored(
        evaluate.scores_of(model, engine, split),
        truth,
        names,
        None if unknown is None else evaluate.scores_of(model, engine, unknown),
    )
    return found, "probabilities" if opened.gives_probabilities else "logits", "single" if targets is None else "multi"
