"""The results of a run as tables: a row a model and runtime, and the ledger."""

import dataclasses
from collections.abc import Sequence

from tfl_lite_suite.core.figures import percent
from tfl_lite_suite.core.page.table import Table
from tfl_lite_suite.core.result import Result, omitted
from tfl_lite_suite.core.types import JsonObject
from tfl_lite_suite.core.work_folder import kind_of
from tfl_lite_suite.evaluate.result import Agreement
from tfl_lite_suite.run import ledger, result, stages
from tfl_lite_suite.run.result import ConvertedFile, EvaluatedFile, TimedFile
from tfl_lite_suite.run.stage_results import Pruned, Trained

PROBE = "Keras float32, linear probe of the pretrained network"
_RESULT = ("file", "runtime", "top-1", "bytes", "median latency")
_NETWORK = (
    "network", "parameters", "float32", "int8 PTQ", "int8 QAT", "float32 / int8 bytes", "at full size", "pruned to",
    "pruned float32", "pruned int8 QAT", "same answers",
)  # fmt: skip
_TECHNIQUE = (
    "technique", "parameters", "float32 before", "after", "int8 file", "int8 bytes", "zipped float32 file",
)  # fmt: skip
_SPARSITY = (
    "weights", "file", "top-1 in float", "top-1 of the file", "zeros", "most values in a channel", "bytes",
    "bytes, zipped", "latency",
)  # fmt: skip


@dataclasses.dataclass(frozen=True, kw_only=True)
class _SparseFile(Result):
    """An int8 file, as `tools/compare_sparsity.py` measures it."""

    weights: str
    scheme: str
    top1_float: float
    top1: float
    zero_share: float
    most_values: int
    file_bytes: int
    zipped_bytes: int
    latency_ratio: float
    latency_valid: bool


@dataclasses.dataclass(frozen=True, kw_only=True)
class _EngineAnswers(Result):
    """A row of `evaluate.engine_table`, of an engine that runs the file or not."""

    engine: str
    engine_version: str | None = omitted()
    top1: float | None = omitted()
    agreement: Agreement | None = omitted()
    unsupported: str | None = omitted()


@dataclasses.dataclass(frozen=True, kw_only=True)
class _FileOnEngines(Result):
    """A file on several engines, as `tools/compare_engines.py` measures it."""

    network: str
    file: str
    engines: tuple[_EngineAnswers, ...]

    @property
    def title(self) -> str:
        """What the file is called."""
        return f"{self.network} {self.file}"


def tables(results: JsonObject) -> list[Table]:
    """Returns the table of results, and the ledger where there is one."""
    compared = result.ledger(results)
    return [table(results), *([ledger.table(compared)] if compared else [])]


def table(results: JsonObject) -> Table:
    """Returns the results as a table, a row a file and engine."""
    rows: list[Sequence[str]] = []
    keras = stages.keras_models()
    for name, document in results.items():
        words, key = keras.get(kind_of(name), ("", ""))
        if key in document:
            found = stages.get(kind_of(name)).read(document, name)
            which = "" if name in keras else f" ({name})"
            if probe := getattr(found, "linear_probe", None):
                rows.append((f"{PROBE}{which}", "TensorFlow", percent(probe.top1), "–", "–"))
            rows.append((f"{words}{which}", "TensorFlow", percent(getattr(found, key)), "–", "–"))
    timed = {(row.name, row.engine): row for row in result.timed(results)}
    files = {row.name: row for row in result.converted(results)}
    for pair, row in {(row.name, row.engine): row for row in result.evaluated(results)}.items():
        rows.append(_cells(files[row.name], row, timed.get(pair)))
    return Table(_RESULT, rows)


def network_table(
    networks: dict[str, JsonObject], full_size: dict[str, dict[str, int]] | None = None, engine: str = "litert"
) -> str:
    """Returns one row a network: its accuracy in float and int8, whole and pruned, and what int8 saves.

    Args:
        networks: A run's results, by the network's name.
        full_size: Bytes of the network as published, by its name, then `float32` and `int8`.
        engine: The runtime whose accuracies are shown.
    """
    rows = []
    for name, results in networks.items():
        top1 = {row.name: percent(row.top1) for row in result.evaluated(results) if row.engine == engine}
        size = {row.name: row.file_bytes or 0 for row in result.converted(results)}
        pruned = _pruned(results)
        left = f"{100 * pruned.params_after / pruned.params_before:.0f} %" if pruned else "–"
        files = ("float32", "int8_ptq", "int8_qat", "prune_float32", "quantize_2_int8_qat")
        whole, ptq, qat, pruned_whole, pruned_qat = (top1.get(file, "–") for file in files)
        full = (full_size or {}).get(name)
        smaller = _ratio(size["float32"], size["int8_qat"])
        smaller_full = _ratio(full["float32"], full["int8"]) if full else "–"
        params = f"{_trained(results).params:,}"
        ledger_of = {(row.name, row.runtime.partition(" ")[0]): row for row in result.ledger(results)}
        file = ledger_of.get(("int8_qat", engine))
        same = percent(file.agreement) if file else "–"
        rows.append((name, params, whole, ptq, qat, smaller, smaller_full, left, pruned_whole, pruned_qat, same))
    return Table(_NETWORK, rows).markdown()


def _ratio(whole: int, small: int) -> str:
    return f"{whole / small:.2f}"


def technique_table(runs: dict[str, JsonObject], engine: str = "litert") -> str:
    """Returns one row a technique: what it made of one network's accuracy and size.

    Args:
        runs: A run's results, by the technique's name.
        engine: The runtime whose accuracies are shown.
    """
    rows = []
    for name, results in runs.items():
        keras = [top1 for step in results if (top1 := _keras_top1(results, step)) is not None]
        # With a teacher, the network was never trained without one.
        before, after = (None, keras[-1]) if "teacher" in results else (keras[0], keras[-1] if keras[1:] else None)
        file = next(row for row in reversed(result.converted(results)) if "int8" in row.name)
        rows_of_file = [row for row in result.evaluated(results) if row.name == file.name]
        top1 = next(row.top1 for row in rows_of_file if row.engine == engine)
        pruned = _pruned(results)
        params = pruned.params_after if pruned else _trained(results).params
        zipped = (pruned.zipped_bytes_after or 0) / (pruned.zipped_bytes_before or 1) if pruned else 0.0
        cells = [percent(share) if share else "–" for share in (before, after, top1)]
        left = f"{100 * zipped:.0f} % of before" if zipped else "–"
        rows.append((name, f"{params:,}", *cells, f"{file.file_bytes:,}", left))
    return Table(_TECHNIQUE, rows).markdown()


def _trained(results: JsonObject) -> Trained:
    return Trained.from_document(results["train"], "train")


def _pruned(results: JsonObject) -> Pruned | None:
    return Pruned.from_document(results["prune"], "prune") if "prune" in results else None


def _keras_top1(results: JsonObject, step: str) -> float | None:
    """Returns the top-1 of the Keras model that a step makes; `None` where it makes none, or it was not measured."""
    _, key = stages.keras_models().get(kind_of(step), ("", ""))
    if not key:
        return None
    found: float | None = getattr(stages.get(kind_of(step)).read(results[step], step), key)
    return found


def sparsity_table(rows: list[JsonObject]) -> str:
    """Returns one row an int8 file: how many zeros and distinct values its kernels have, and what that gains.

    Args:
        rows: What `tools/compare_sparsity.py` measured.
    """
    lines = []
    for row in (_SparseFile.from_document(document) for document in rows):
        zeros, ratio = f"{100 * row.zero_share:.0f} %", f"{row.latency_ratio:.2f}"
        latency = ratio if row.latency_valid else f"~{ratio}"
        shares = [percent(share) for share in (row.top1_float, row.top1)]
        sizes = [f"{size:,}" for size in (row.file_bytes, row.zipped_bytes)]
        lines.append((row.weights, row.scheme, *shares, zeros, row.most_values, *sizes, latency))
    return Table(_SPARSITY, lines).markdown()


def engine_table(files: list[JsonObject]) -> str:
    """Returns the first engine's top-1, file by file, how the others differ from it, and why some did not run.

    Args:
        files: `network`, `file` and `engines`, the rows of `evaluate.engine_table`.
    """
    found = [_FileOnEngines.from_document(document) for document in files]
    versions = {row.engine: row.engine_version for file in found for row in file.engines if row.top1 is not None}
    header = ["network", "file", *(f"{name} {version}" for name, version in versions.items())]
    refusals: dict[str, list[str]] = {}
    agreement = []
    for file in found:
        rows = {row.engine: row for row in file.engines}
        for row in rows.values():
            if row.unsupported is not None:
                refusals.setdefault(row.unsupported, []).append(file.title)
        first = rows[next(iter(versions))]
        cells = [_agreement_cell(rows[name], first) if name in rows else "–" for name in versions]
        agreement.append([file.network, file.file, *cells])
    reasons = "".join(f"- {reason}: {_names(titles, found)}.\n" for reason, titles in refusals.items())
    parts = [Table(header, agreement).markdown(), reasons]
    return "\n".join(part for part in parts if part)


def _agreement_cell(row: _EngineAnswers, first: _EngineAnswers) -> str:
    if row.agreement is None or row.top1 is None or first.top1 is None:
        return "–"
    if row is first:
        return percent(row.top1, 1)
    change = f" ({100 * (row.top1 - first.top1):+.1f})" if row.agreement.top1 < 1 else ""
    return f"{percent(row.agreement.top1, 1)}{change}, {row.agreement.max_abs_diff:.2g}"


def _names(titles: list[str], files: Sequence[_FileOnEngines]) -> str:
    """Returns the names of files; those of all networks in short."""
    kinds = sorted({title.split()[1] for title in titles})
    every = {file.title for file in files if file.file in kinds}
    return f"every {' and '.join(kinds)} file" if every == set(titles) else ", ".join(titles)


def _cells(file: ConvertedFile, accuracy: EvaluatedFile, time: TimedFile | None) -> tuple[str, ...]:
    latency = "not measured"
    if time is not None:
        latency = f"{time.latency_ms.p50:.3f} ms{'' if time.valid else ' (unsteady)'}"
    engine = f"{accuracy.engine} {accuracy.engine_version}"
    return file.words, engine, percent(accuracy.top1), f"{file.file_bytes or accuracy.model_bytes:,}", latency
