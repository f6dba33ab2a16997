"""The verdict of a run as people read it: on the terminal, in the report and as Markdown."""

import os
import re
import shlex
import sys
from collections.abc import Iterable

from tfl_lite_suite.core.figures import milliseconds, percent, size
from tfl_lite_suite.core.page.document import text as escaped
from tfl_lite_suite.core.page.table import in_markdown
from tfl_lite_suite.core.terminal import Style, printable_line
from tfl_lite_suite.run.verdict import Verdict

NEXT = "What to do next"
_FLAG = re.compile(r"(?<!\S)--\w+")
_HEADING, _WORRIES = "Verdict", "What to worry about"


def facts(found: Verdict) -> list[tuple[str, str]]:
    """Returns what is known of the file, each with what it is of."""
    low, high = found.top1_ci95
    lines = [
        ("ship", found.path),
        ("why", f"{found.reason}: {found.scheme}, {size(found.file_bytes)}"),
        ("accuracy", f"{percent(found.top1)} of {found.n:,} test pictures (95 %: {percent(low)} … {percent(high)})"),
    ]
    if found.several_labels:
        several = found.several_labels
        lines[-1] = ("surest class", f"right on {lines[-1][1]}")
        shares = [percent(share) for share in (several.mean_average_precision, several.micro_f1, several.exact_match)]
        lines.append(("all classes", "mAP {}, micro F1 {}, exactly the right ones on {}".format(*shares)))
    if found.baseline:
        baseline = f"{percent(found.baseline.top1)}, by always answering '{found.baseline.commonest}'"
        lines.append(("without a model", baseline))
    if found.worst_class:
        worst = found.worst_class
        low, high = worst.recall_ci95 or (0.0, 1.0)
        share = f"{percent(worst.recall)} of {worst.n:,} found (95 %: {percent(low)} … {percent(high)})"
        lines.append(("worst class", f"{worst.name}: {share}"))
    cost = _cost(found)
    if cost:
        lines.append(("against float", cost))
    if found.latency_ms is not None:
        lines.append(("latency", f"{milliseconds(found.latency_ms)} with {found.runtime} on this machine"))
    return lines


def _cost(found: Verdict) -> str:
    change, parts = found.against_float, []
    if change.points is not None and change.ci95 is not None:
        low, high = change.ci95
        shown = "" if change.verdict == "not shown" else f", a {change.verdict}"
        parts.append(f"{100 * change.points:+.2f} points (95 %: {100 * low:+.2f} … {100 * high:+.2f}){shown}")
    for share, words in ((change.bytes, "size"), (change.latency, "latency")):
        if share is not None:
            parts.append(f"{100 * share:.0f} % of the {words}")
    return "; ".join(parts)


def terminal(found: Verdict, style: Style) -> str:
    """Returns the verdict as lines for a terminal; what comes from files cannot steer it."""
    width = max(len(name) for name, _ in facts(found)) + 2
    lines = [style.bold(_HEADING)]
    lines += [f"  {name:{width}}{style.bold(line) if name == 'ship' else line}" for name, line in _printable(found)]
    if found.worries:
        lines += ["", style.bold(_WORRIES)]
        lines += [style.warning(f"  - {printable_line(worry)}") for worry in found.worries]
    lines += ["", style.bold(NEXT)]
    for number, step in enumerate(found.next, 1):
        lines += [f"  {number}. {step.what}:", f"     {printable_line(_typed(step.command))}"]
    return "\n".join(lines) + "\n"


def _typed(command: str) -> str:
    """Returns a command with the path of this Python, so that it can be copied from the terminal."""
    program, _, rest = command.partition(" ")
    near = os.path.relpath(sys.executable)
    here = sys.executable if near.startswith(os.pardir) else near
    return f"{shlex.quote(here)} {rest}" if program == "python" else command


def _printable(found: Verdict) -> list[tuple[str, str]]:
    return [(name, printable_line(line)) for name, line in facts(found)]


def html(found: Verdict) -> str:
    """Returns the verdict as a block of a page."""
    rows = "".join(f"<tr><th>{escaped(name)}</th><td>{escaped(line)}</td></tr>" for name, line in facts(found))
    worries = "".join(f'<li class="warning">{escaped(worry)}</li>' for worry in found.worries)
    steps = "".join(f"<li>{escaped(step.what)}<pre>{_with_whole_flags(step.command)}</pre></li>" for step in found.next)
    parts = [f'<table class="verdict">{rows}</table>']
    parts += [f"<h3>{_WORRIES}</h3><ul>{worries}</ul>"] if worries else []
    return "".join([*parts, f"<h3>{NEXT}</h3><ol>{steps}</ol>"])


def _with_whole_flags(command: str) -> str:
    """Returns a command as HTML in which no line ends inside a flag's name."""
    return _FLAG.sub(lambda flag: f'<span class="whole">{flag[0]}</span>', escaped(command))


def markdown(found: Verdict) -> str:
    """Returns the verdict as Markdown."""
    lines = [f"**{_HEADING}**", "", *_listed(f"{name}: {line}" for name, line in facts(found)), ""]
    if found.worries:
        lines += [f"{_WORRIES}:", "", *_listed(found.worries), ""]
    lines += [f"{NEXT}:", ""]
    for number, step in enumerate(found.next, 1):
        lines += [f"{number}. {in_markdown(step.what)}", "", "   ```bash", f"   {step.command}", "   ```"]
    return "\n".join(lines) + "\n"


def _listed(items: Iterable[str]) -> list[str]:
    return [f"- {in_markdown(item)}" for item in items]
