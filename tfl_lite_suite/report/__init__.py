"""Writes one HTML page, and Markdown tables, about one or several work folders. Never imports TensorFlow."""

import os
import pathlib
import platform
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import tfl_lite_suite
from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.core.types import Array
from tfl_lite_suite.lint.analysis import DEFAULT_TARGET
from tfl_lite_suite.report.result import ReportedModel, WrittenReport

if TYPE_CHECKING:
    from tfl_lite_suite.lint.result import LintReport
    from tfl_lite_suite.report.recorded_run import FinishedRun
    from tfl_lite_suite.report.run_sections import Row
    from tfl_lite_suite.run.result import EvaluatedFile
    from tfl_lite_suite.runtime.isolation import Emit

# What must not slow down --help (NumPy, Pillow, YAML) is imported where it is used.

FILE = "report.html"
_PACKAGES = ("tensorflow", "tf-keras", "tensorflow-model-optimization", "tflite-runtime", "ai-edge-litert", "numpy")


def write(workdirs: Sequence[str | os.PathLike[str]], output: str | os.PathLike[str] | None = None) -> WrittenReport:
    """Writes the report.

    Args:
        workdirs: Work folders; several are shown side by side.
        output: The HTML file; the first work folder's `report.html` if absent. The tables go beside it, as `.md`.

    Returns:
        What was written.

    Raises:
        SuiteError: If a work folder is missing or holds nothing that has ended.
    """
    from tfl_lite_suite.core.files import write_text
    from tfl_lite_suite.core.page import document
    from tfl_lite_suite.report import recorded_run, run_sections

    runs = [recorded_run.read(workdir) for workdir in workdirs]
    target = pathlib.Path(output) if output else runs[0].folder / FILE
    rows, notes = run_sections.rows_of(runs), list[str]()
    title = "Report: " + ", ".join(run.title for run in runs)
    html = document.page(title, _body(runs, rows, notes))
    tables = target.with_suffix(".md")
    for path, content in ((target, html), (tables, _markdown(title, runs, rows))):
        write_text(path, content)
    models = [
        ReportedModel(number, str(run.folder), model.name, model.runtime, model.top1, model.file_bytes, model.ms)
        for number, (_, run, model) in enumerate(rows, 1)
    ]
    return WrittenReport(str(target), str(tables), target.stat().st_size, tuple(notes), tuple(models))


def _body(runs: Sequence["FinishedRun"], rows: "Sequence[Row]", notes: list[str]) -> list[str]:
    from tfl_lite_suite.core.page.document import details, section, text
    from tfl_lite_suite.report import operator_times
    from tfl_lite_suite.report import run_sections as parts

    several = len(runs) > 1
    sections = [
        ("verdict", "Verdict", _each(runs, parts.verdict_block)),
        ("found", "What is found and missed", _each(runs, lambda run: _found(run, notes))),
        ("classes", "Classes", [_beside(runs, parts.by_class)]),
        ("results", "Results", [parts.trade_offs(rows, several), parts.models_table(rows, several).html()]),
        ("done", "What was done", [_beside(runs, lambda run: parts.steps_table(run).html())]),
        ("budget", "Budget", _each(runs, lambda run: parts.budget_table(run).html())),
        ("ledger", "What each step cost", _each(runs, lambda run: parts.ledger_table(run).html())),
        ("flips", "Answers that flipped", _each(runs, lambda run: _flipped(run, rows, notes))),
        ("training", "Training", [_beside(runs, parts.curves)]),
        ("layers", "Error of each int8 layer", _each(runs, parts.layers)),
        ("problems", "Problems in the files", _each(runs, lambda run: parts.problems_table(run).html())),
        ("operators", "Operators", _each(runs, lambda run: _operators(run, notes))),
        ("times", "Time of each operator", _each(runs, operator_times.html)),
        ("environment", "Environment", [parts.environment_table(runs, _here()).html()]),
        ("recipe", "Recipe", [parts.comparison_table(runs).html() if several else "", *map(_recipe, runs)]),
        ("hashes", "Hashes", [details(run.title, parts.hashes_table(run).html()) for run in runs]),
    ]
    made = [(name, heading, section(name, heading, body)) for name, heading, body in sections]
    links = "".join(f'<a href="#{name}">{text(heading)}</a>' for name, heading, content in made if content)
    missing = [f'<p class="warning">{text(note)}</p>' for note in notes]
    return [f"<nav>{links}</nav>", *missing, *(content for _, _, content in made)]


def _each(runs: Sequence["FinishedRun"], draw: Callable[["FinishedRun"], str]) -> list[str]:
    """Returns a block for each run that has anything to show, named where there are several runs."""
    from tfl_lite_suite.core.page.document import text

    blocks = [(run.title, draw(run)) for run in runs]
    return [f"<h3>{text(name)}</h3>{block}" if len(runs) > 1 else block for name, block in blocks if block]


def _beside(runs: Sequence["FinishedRun"], draw: Callable[["FinishedRun"], str]) -> str:
    from tfl_lite_suite.core.page.document import side_by_side

    blocks = _each(runs, draw)
    return side_by_side(blocks) if blocks else ""


def _found(run: "FinishedRun", notes: list[str]) -> str:
    """Returns what the file to ship finds of each class, and its surest errors with their maps."""
    from tfl_lite_suite.core import predictions
    from tfl_lite_suite.core.page.document import text
    from tfl_lite_suite.report import found_and_missed

    row = _shipped(run)
    summary = found_and_missed.summary(row, row.decided, row.unknown) if row else ""
    if not row or not summary:
        return ""
    name, engine = row.name, row.engine
    of = f"{name} on {engine}, {row.n:,} pictures"
    heading = f'<p class="dim">{text(of)}</p>'
    shown = ""
    try:
        missed = found_and_missed.worst(
            predictions.read(run.folder / "evaluate" / f"{name}_{engine}" / predictions.FILE)
        )
        pictures = _pictures(run, {item.key for item in missed}) if missed else {}
        shown = found_and_missed.cards(missed, pictures, _maps(run, name, pictures))
    except (SuiteError, OSError) as error:
        notes.append(f"{run.title}: pictures that are missed are not shown: {error}")
    return heading + summary + shown


def _shipped(run: "FinishedRun") -> "EvaluatedFile | None":
    """Returns the evaluation of the file to ship."""
    found = run.verdict
    return next((row for row in run.evaluated if found and row.name == found.file), None)


def _maps(run: "FinishedRun", name: str, pictures: dict[str, "Array"]) -> dict[str, "Array"]:
    """Returns pictures with what speaks for the class with the greatest score, by key."""
    import numpy as np

    from tfl_lite_suite.explain import Explainer, overlay
    from tfl_lite_suite.runtime import isolation

    if not pictures:
        return {}
    found: dict[str, Array] = {}

    def work(emit: "Emit") -> None:
        explainer = Explainer(str(run.file(name)))
        for key, pixels in pictures.items():
            explained = explainer.explain_prepared(pixels)
            emit((key, np.asarray(overlay.draw(pixels, explained.map))))

    isolation.call(work, f"'{name}'", on_event=lambda event: found.update([event]))
    return found


def _flipped(run: "FinishedRun", rows: "Sequence[Row]", notes: list[str]) -> str:
    """Returns the pictures on which most models changed their answer."""
    from tfl_lite_suite.report import flipped_pictures

    numbers = {(model.name, model.runtime): number for number, (_, of, model) in enumerate(rows, 1) if of is run}
    found = flipped_pictures.gather(run.flips, numbers)
    shown = found[: flipped_pictures.MOST_PICTURES]
    if not shown:
        return ""
    try:
        pictures = _pictures(run, {picture.key for picture in shown})
    except (SuiteError, OSError) as error:
        pictures = {}
        notes.append(f"{run.title}: flipped pictures are named but not shown: {error}")
    which = "" if len(found) == len(shown) else f"; the {len(shown)} that most models lost are shown"
    words = (
        f"Number of pictures: {len(found)}{which}. Each model against the one it was made from; numbers as in Results."
    )
    return f'<p class="dim">{words}</p>{flipped_pictures.cards(shown, pictures)}'


def _pictures(run: "FinishedRun", keys: set[str]) -> dict[str, "Array"]:
    """Returns test pictures by key, as the models saw them."""
    from tfl_lite_suite import data

    settings = run.recipe()
    split = data.load(settings.data, settings.seed, run.folder / "data", progress=False).test
    places = [place for place, key in enumerate(split.keys) if key in keys]
    return {split.keys[place]: pixels for place, pixels in zip(places, split.images(places), strict=True)}


def _operators(run: "FinishedRun", notes: list[str]) -> str:
    """Returns what the operators of each file cost; of files that no stage `lint` looked into, it is found now."""
    from tfl_lite_suite.core.page.document import details
    from tfl_lite_suite.lint import process
    from tfl_lite_suite.report import run_sections

    linted: dict[str, LintReport] = {row.name: row for row in run.linted}
    parts = []
    for row in run.converted:
        name = row.name
        try:
            report = linted.get(name) or process.run(run.file(name), DEFAULT_TARGET, trial=False)
        except (SuiteError, OSError) as error:
            notes.append(f"{run.title}: the operators of {name} are not shown: {error}")
            continue
        parts.append(details(name, run_sections.operators(name, report)))
    return "".join(parts)


def _here() -> list[tuple[str, str]]:
    from tfl_lite_suite.core.package_requirements import installed_version

    versions = [(package, installed_version(package)) for package in _PACKAGES]
    own = [("tfl-lite-suite, of this report", tfl_lite_suite.__version__), ("Python", platform.python_version())]
    return [*own, *((package, version) for package, version in versions if version)]


def _recipe(run: "FinishedRun") -> str:
    from tfl_lite_suite.core.page.document import details, text

    return details(run.title, f"<pre>{text(run.recipe_text)}</pre>") if run.recipe_text else ""


def _markdown(title: str, runs: Sequence["FinishedRun"], rows: "Sequence[Row]") -> str:
    from tfl_lite_suite.report import run_sections, verdict_view

    parts = [f"# {title}\n", run_sections.models_table(rows, len(runs) > 1).markdown()]
    for run in runs:
        found = run.verdict
        parts += [f"## {run.title}\n", verdict_view.markdown(found) if found else ""]
        for heading, table in (
            ("What was done", run_sections.steps_table(run)),
            ("What each step cost", run_sections.ledger_table(run)),
            ("Budget", run_sections.budget_table(run)),
        ):
            parts += [f"### {heading}\n", table.markdown()] if table.rows else []
    return "\n".join(filter(None, parts))


def show(written: WrittenReport) -> str:
    """Returns the table of models, and where the report is, for a terminal."""
    from tfl_lite_suite.core.figures import milliseconds, percent, size
    from tfl_lite_suite.core.page.table import Table
    from tfl_lite_suite.core.terminal import Style, Styled, printable_line

    several = len({row.workdir for row in written.models}) > 1
    header = ["no.", *(["work folder"] if several else []), "model", "runtime", "top-1", "file", "median latency"]
    rows = [
        [row.number, *([row.workdir] if several else []), row.name, row.runtime]
        + [percent(row.top1), size(row.file_bytes), milliseconds(row.ms)]
        for row in written.models
    ]
    style = Style()
    lines = [style.warning(printable_line(f"warning: {note}")) for note in written.notes]
    lines.append(printable_line(f"{written.report} ({size(written.bytes)}), {written.markdown}"))
    return Styled("\n".join([Table(header, rows).terminal(style), *lines]))
