"""The sections of a report: what one or several runs did and measured, side by side."""

from collections.abc import Mapping, Sequence

from tfl_lite_suite.core.figures import milliseconds, percent, size
from tfl_lite_suite.core.files import to_json
from tfl_lite_suite.core.page import plot
from tfl_lite_suite.core.page.document import details, side_by_side, text
from tfl_lite_suite.core.page.table import Table
from tfl_lite_suite.core.progress import duration
from tfl_lite_suite.core.schemes import SCHEMES
from tfl_lite_suite.core.types import JsonObject
from tfl_lite_suite.core.work_folder import kind_of
from tfl_lite_suite.evaluate.metrics import wilson
from tfl_lite_suite.evaluate.result import ClassResult
from tfl_lite_suite.lint.result import LintReport
from tfl_lite_suite.report import verdict_view
from tfl_lite_suite.report.recorded_run import FinishedRun, Measured
from tfl_lite_suite.run import ledger, result, stages, verdict
from tfl_lite_suite.run.result import EvaluatedFile, TimedFile
from tfl_lite_suite.run.stage_results import Quantized, StageResult

_MOST_CLASSES = 40
_MOST_IN_MATRIX = 60
_MOST_CONFUSED = 8
_MOST_OPERATORS = 12
_WORST_LAYERS = 16


Row = tuple[int, FinishedRun, Measured]


def rows_of(runs: Sequence[FinishedRun]) -> list[Row]:
    """Returns every model of every run, with the place of its run; its place in the list is its number, from 1."""
    return [(place, run, model) for place, run in enumerate(runs) for model in run.models()]


def models_table(rows: Sequence[Row], several: bool) -> Table:
    """Returns the table of all models; with `several` it names the work folder of each."""
    lines = []
    for number, (_, run, model) in enumerate(rows, 1):
        line: list[object] = [number, *([run.title] if several else []), model.what, model.runtime]
        line += [percent(model.top1), percent(model.top5), size(model.file_bytes), milliseconds(model.ms)]
        timing = model.timing
        line += [_interval(timing), size(timing.peak_rss_bytes if timing else None), _energy(timing)]
        lines.append(line)
    folder = ["work folder"] if several else []
    measured = ["top-1", "top-5", "file", "median latency", "95 % interval", "memory", "energy"]
    return Table(["no.", *folder, "model", "runtime", *measured], lines).without_empty_columns()


def _interval(timing: TimedFile | None) -> str:
    if timing is None:
        return "–"
    low, high = timing.latency_ms.ci95
    return f"{low:.3g} … {high:.3g}" + ("" if timing.valid else ", unsteady")


def _energy(timing: TimedFile | None) -> str:
    energy = timing.energy_j if timing else None
    return "–" if energy is None else f"{1000 * energy:.3g} mJ"


def trade_offs(rows: Sequence[Row], several: bool) -> str:
    """Returns the plots of accuracy against size and latency; points carry the numbers of `models_table`."""
    by_size, by_time, seen = [], [], set()
    names = list(dict.fromkeys(run.title for _, run, _ in rows)) if several else SCHEMES
    for number, (place, run, model) in enumerate(rows, 1):
        if model.top1 is None:
            continue
        series = place if several else SCHEMES.index(model.scheme or "float32")
        title = f"{number}: {run.title}, {model.what}, {model.runtime}: {percent(model.top1)}"
        interval = _interval_of(model.top1, model.n)
        if model.file_bytes and (place, model.name) not in seen:
            # Of one size on every runtime: the first stands for all.
            seen.add((place, model.name))
            by_size.append(plot.Point(model.file_bytes, 100 * model.top1, str(number), series, title, interval))
        if model.ms:
            by_time.append(plot.Point(model.ms, 100 * model.top1, str(number), series, title, interval))
    parts = [
        plot.scatter("Accuracy against size", "bytes of the file", "top-1 with 95 %", by_size, names=names, most=100),
        plot.scatter(
            "Accuracy against latency", "median latency, ms", "top-1 with 95 %", by_time, names=names, most=100
        ),
    ]
    return side_by_side([part for part in parts if part])


def _interval_of(share: float, n: int | None) -> tuple[float, float] | None:
    """Returns the 95 % interval of a share of `n` pictures, in per cent."""
    found = wilson(round(share * n), n) if n else None
    return (100 * found[0], 100 * found[1]) if found else None


def steps_table(run: FinishedRun) -> Table:
    """Returns what each stage did."""
    lines = []
    for name, of_step in run.steps.items():
        seconds = _seconds(of_step)
        lines.append([name, stages.get(kind_of(name)).outcome(of_step), duration(seconds) if seconds else "–"])
    return Table(["stage", "outcome", "time"], lines)


def durations_table(results: JsonObject) -> Table:
    """Returns how long the stages of a run took that say so."""
    steps = {
        name: stages.get(kind_of(name)).read(found, name)
        for name, found in results.items()
        if name not in (result.LEDGER, verdict.KEY)
    }
    times = {name: _seconds(of_step) for name, of_step in steps.items()}
    return Table(["stage", "minutes"], [[name, f"{seconds / 60:.1f}"] for name, seconds in times.items() if seconds])


def _seconds(of_step: object) -> float:
    """Returns how long a step took; 0 where it does not say."""
    if isinstance(of_step, list):
        return sum(map(_seconds, of_step))
    if isinstance(of_step, Quantized) and of_step.tasks:
        return sum(map(_seconds, of_step.tasks.values()))
    seconds = getattr(of_step, "seconds", None)
    return sum(filter(None, seconds.values())) if isinstance(seconds, Mapping) else seconds or 0.0


def ledger_table(run: FinishedRun) -> Table:
    """Returns the ledger: what each step gained, lost and changed on the same pictures."""
    return ledger.table(run.ledger)


def budget_table(run: FinishedRun) -> Table:
    """Returns the limits that were set, and what was measured."""
    return Table(
        ["file", "limit", "allowed", "measured", "result"],
        [[c.file, c.limit, c.allowed, f"{c.received:.6g}", "ok" if c.ok else "broken"] for c in run.checked],
    )


def problems_table(run: FinishedRun) -> Table:
    """Returns what `lint` found in the files, but for mere information."""
    return Table(
        ["file", "severity", "problem", "what to do"],
        [
            [row.name, problem.severity, problem.message, problem.fix]
            for row in run.linted
            for problem in row.problems
            if problem.severity != "info"
        ],
    )


def verdict_block(run: FinishedRun) -> str:
    """Returns the verdict as HTML; empty where no file was evaluated."""
    return verdict_view.html(run.verdict) if run.verdict else ""


def curves(run: FinishedRun) -> str:
    """Returns the training curves, one plot of top-1 and one of the loss, all stages one after another."""
    shares, losses, start = list[plot.Line](), list[plot.Line](), 0
    for name, of_step in run.steps.items():
        history = of_step.history if isinstance(of_step, StageResult) else ()
        if not history:
            continue
        epochs = list(range(start + 1, start + len(history) + 1))
        series = len(losses)
        validation = [_percentage(epoch.validation_top1) for epoch in history]
        shares.append(plot.Line(f"{name}, validation", epochs, validation, series, False))
        training = [_percentage(epoch.train_top1) for epoch in history]
        shares.append(plot.Line(f"{name}, training", epochs, training, series, True))
        losses.append(plot.Line(name, epochs, [epoch.loss for epoch in history], series))
        start += len(history)
    parts = [
        plot.lines(f"Top-1 by epoch: {run.title}", "epoch", "top-1, %", shares, most=100),
        plot.lines(f"Training loss by epoch: {run.title}", "epoch", "loss", losses),
    ]
    return side_by_side(parts) if any(parts) else ""


def _percentage(share: float | None) -> float:
    return float("nan") if share is None else 100 * share


def _chosen(run: FinishedRun) -> list[EvaluatedFile]:
    """Returns each file once: on the first of its runtimes."""
    found: dict[str, EvaluatedFile] = {}
    for row in run.evaluated:
        if row.per_class:
            found.setdefault(row.name, row)
    return list(found.values())


def by_class(run: FinishedRun) -> str:
    """Returns what is known of single classes."""
    parts = [part for part in (classes(run), confusion(run)) if part]
    return side_by_side(parts) if parts else ""


def classes(run: FinishedRun) -> str:
    """Returns the accuracy of every class, or of the weakest ones where there are many."""
    models = _chosen(run)
    if not models:
        return ""
    rows = []
    for place, item in enumerate(models[0].per_class):
        rows.append((item.label, [_share(model.per_class[place]) for model in models]))
    note = ""
    if len(rows) > _MOST_CLASSES:
        rows.sort(key=lambda row: min((share[0] for share in row[1] if share is not None), default=2.0))
        note = f'<p class="dim">The {_MOST_CLASSES} weakest of {len(rows)} classes.</p>'
    names = [f"{model.name} ({_runtime(model)})" for model in models]
    return plot.dots(f"Top-1 by class (95 %): {run.title}", names, rows[:_MOST_CLASSES]) + note


def _share(item: ClassResult) -> plot.Share | None:
    """Returns the share of a class's pictures that is answered rightly, with its interval."""
    if not item.n or item.top1 is None:
        return None
    low, high = wilson(round(item.top1 * item.n), item.n) or (0.0, 1.0)
    return item.top1, low, high


def confusion(run: FinishedRun) -> str:
    """Returns the confusion matrix of the file to ship, and the pairs that are confused most."""
    models = [(model, model.confusion) for model in _chosen(run) if model.confusion]
    if not models:
        return ""
    shipped = run.verdict
    model, counts = next((pair for pair in models if shipped and pair[0].name == shipped.file), models[-1])
    labels = [row.label for row in model.per_class]
    pairs = [(count, a, b) for a, row in enumerate(counts) for b, count in enumerate(row) if count and a != b]
    worst = sorted(pairs, key=lambda pair: -pair[0])[:_MOST_CONFUSED]
    of = f"{model.name} on {_runtime(model)}: {run.title}"
    drawn = plot.matrix(f"Confusion: {of}", labels, counts) if len(labels) <= _MOST_IN_MATRIX else ""
    table = Table(
        ["class", "answered as", "times", "of"], [[labels[a], labels[b], n, sum(counts[a])] for n, a, b in worst]
    )
    return drawn + ("<h3>Confused most</h3>" + table.html() if worst else "<p>Nothing was confused.</p>")


def _runtime(row: EvaluatedFile) -> str:
    return f"{row.engine} {row.engine_version}"


def layers(run: FinishedRun) -> str:
    """Returns the error of each int8 layer, where quantization was asked to look (`quantize --debug`)."""
    parts = []
    for name, of_step in run.steps.items():
        found = of_step.layers if isinstance(of_step, Quantized) else ()
        if not found:
            continue
        known = sorted((row.own_snr_db, row.layer) for row in found if row.own_snr_db is not None)
        bars = [(layer, max(decibels, 0.0), f"{decibels:.1f} dB") for decibels, layer in known[:_WORST_LAYERS]]
        parts.append(plot.bars(f"{name}: signal over error of the worst layers, alone", "longer is better", bars))
        table = Table(
            ["layer", "operator", "alone, dB", "with all before it, dB", "cosine"],
            [
                [row.layer, row.operator, _decibels(row.own_snr_db), _decibels(row.snr_db), f"{row.cosine:.5f}"]
                for row in found
            ],
        )
        parts.append(details(f"All {len(found)} layers", table.html()))
    return "".join(parts)


def _decibels(value: float | None) -> str:
    return "–" if value is None else f"{value:.1f}"


def operators(name: str, report: LintReport) -> str:
    """Returns what the operators of a file cost, by kind and the most expensive ones.

    Args:
        name: The file's name.
        report: From `lint`.
    """
    kinds: dict[str, list[int]] = {}
    for op in report.operators:
        kinds.setdefault(op.name, []).append(op.macs)
    total = report.macs or 1
    table = Table(
        ["operator", "count", "multiply-adds", "share"],
        [
            [kind, len(macs), f"{sum(macs):,}", f"{100 * sum(macs) / total:.1f} %"]
            for kind, macs in sorted(kinds.items(), key=lambda item: (-sum(item[1]), -len(item[1])))
        ],
    )
    costly = sorted(report.operators, key=lambda op: -op.macs)[:_MOST_OPERATORS]
    rows = [(f"{op.index} {op.name}", op.macs, f"{100 * op.macs / total:.1f} %") for op in costly if op.macs]
    facts = (
        f"<p>{text(name)}: {report.macs:,} multiply-adds, weights {size(report.weight_bytes)}, arena "
        f"{size(report.arena_bytes)}; needs TensorFlow "
        f"{text(report.min_runtime or 'unknown')}; "
        f"{'all in 8 bits' if report.fully_int8 else str(len(report.float_ops)) + ' operators in float'}.</p>"
    )
    return facts + side_by_side(
        [table.html(), plot.bars("Most expensive operators", "share of the multiply-adds", rows)]
    )


def environment_table(runs: Sequence[FinishedRun], here: Sequence[tuple[str, str]]) -> Table:
    """Returns where it was measured.

    Args:
        runs: The runs; the devices are those of their benchmarks.
        here: Name and version of what this report was written with.
    """
    lines: dict[tuple[str, str], None] = {}
    for run in runs:
        for timing in run.timed:
            device = timing.device.document()
            known = [f"{key.replace('_', ' ')} {value}" for key, value in device.items() if value not in (None, "")]
            threads = f"{timing.threads} thread{'s' if timing.threads > 1 else ''}"
            lines[f"timed on, {run.title}", f"{timing.target}, {threads}: {', '.join(known)}"] = None
            lines["engine", f"{timing.engine} {timing.engine_version}"] = None
    return Table(["what", "which"], [*lines, *here])


def hashes_table(run: FinishedRun) -> Table:
    """Returns the hash of each stage's inputs, and of its files."""
    return Table(
        ["stage", "what", "SHA-256"],
        [
            row
            for folder, key, files in run.hashes()
            for row in [(folder, "all inputs", key), *((folder, name, digest) for name, digest in files.items())]
        ],
    )


def comparison_table(runs: Sequence[FinishedRun]) -> Table:
    """Returns the recipe values in which runs differ, a column a run."""
    settings = [run.settings() for run in runs]
    # What only one of them has is of another version of the suite.
    keys = [key for key in settings[0] if all(key in one for one in settings)]
    lines = [[key, *(_value(one[key]) for one in settings)] for key in keys]
    return Table(["recipe", *(run.title for run in runs)], [line for line in lines if len(set(line[1:])) > 1])


def _value(value: object) -> str:
    return value if isinstance(value, str) else to_json(value)
