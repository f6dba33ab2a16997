"""Plots as SVG, drawn for a phone's width and scaled up from there; colours come from the page's style."""

import dataclasses
import math
from collections.abc import Sequence

from tfl_lite_suite.core.page.document import COLOURS, text

_WIDTH, _HEIGHT = 350, 240
_LEFT, _RIGHT, _TOP, _BOTTOM = 44, 10, 10, 38
_ROW = 20
_LONGEST_LABEL = 24
# Of more points only those are marked that no other one beats.
_MOST_MARKS = 24


@dataclasses.dataclass(frozen=True)
class Point:
    """One point of a scatter plot.

    Attributes:
        x: Where it lies.
        y: Where it lies.
        mark: What is written in it, a character or two.
        series: Its colour.
        title: Shown under the mouse.
        interval: Least and greatest y that it may have; drawn as a line through it.
    """

    x: float
    y: float
    mark: str
    series: int
    title: str = ""
    interval: tuple[float, float] | None = None


@dataclasses.dataclass(frozen=True)
class Line:
    """One line of a line plot.

    Attributes:
        name: For the key.
        xs: Ascending.
        ys: As many.
        series: Its colour.
        dashed: Whether it is dashed.
    """

    name: str
    xs: Sequence[float]
    ys: Sequence[float]
    series: int
    dashed: bool = False


@dataclasses.dataclass(frozen=True)
class _Axis:
    low: float
    high: float
    begin: float
    end: float
    log: bool = False

    def place(self, value: float) -> float:
        """Returns the coordinate of a value."""
        low, high, value = (math.log(v) if self.log else v for v in (self.low, self.high, value))
        return self.begin + (self.end - self.begin) * (value - low) / (high - low)

    def ticks(self) -> list[float]:
        """Returns about five round values."""
        if self.log:
            decades = range(math.floor(math.log10(self.low)), math.ceil(math.log10(self.high)) + 1)
            found = [m * 10.0**d for d in decades for m in (1, 2, 5) if self.low <= m * 10.0**d <= self.high]
            if len(found) >= 3:
                return found if len(found) <= 6 else [v for v in found if f"{v:e}"[0] == "1"]
        step = 10.0 ** math.floor(math.log10((self.high - self.low) / 3))
        step *= next(m for m in (1, 2, 5, 10) if (self.high - self.low) / (step * m) <= 5)
        first = math.ceil(self.low / step - 1e-9)
        return [step * k for k in range(first, math.floor(self.high / step + 1e-9) + 1)]


def _axis(values: Sequence[float], begin: float, end: float, log: bool = False, most: float = math.inf) -> _Axis:
    """Returns an axis with room around the values, but none beyond `most`."""
    low, high = min(values), max(values)
    if log:
        room = max((high / low) ** 0.12, 1.15)
        return _Axis(low / room, high * room, begin, end, True)
    room = (high - low) * 0.12 or abs(high) * 0.05 or 1.0
    return _Axis(low - room, min(high + room, most), begin, end)


def scatter(
    caption: str,
    x_title: str,
    y_title: str,
    points: Sequence[Point],
    *,
    names: Sequence[str] = (),
    most: float = math.inf,
) -> str:
    """Returns a scatter plot with a logarithmic x axis; empty without points.

    Args:
        caption: Its heading.
        x_title: What the x axis is, with unit.
        y_title: What the y axis is, with unit.
        points: What to draw; `x` above 0. Of many, those that have the greatest y up to their x are marked.
        names: What each series is, for the key.
        most: Greatest value that y can have.
    """
    points = [point for point in points if math.isfinite(point.y) and 0 < point.x < math.inf]
    if not points:
        return ""
    x = _axis([point.x for point in points], _LEFT, _WIDTH - _RIGHT, log=True)
    ends = [end for point in points for end in (point.y, *(point.interval or ()))]
    y = _axis(ends, _HEIGHT - _BOTTOM, _TOP, most=most)
    shapes = _frame(x, y, x_title, y_title)
    if len(points) > _MOST_MARKS:
        best = front([(point.x, point.y) for point in points])
        points = [point if k in best else dataclasses.replace(point, mark="") for k, point in enumerate(points)]
    at = [(x.place(point.x), y.place(point.y)) for point in points]
    shapes += [
        f'<line x1="{px:.1f}" x2="{px:.1f}" y1="{y.place(point.interval[0]):.1f}" y2="{y.place(point.interval[1]):.1f}"'
        f' stroke="{_colour(point.series)}" stroke-width="1.5" stroke-opacity=".5"/>'
        for point, (px, _) in zip(points, at, strict=True)
        if point.interval
    ]
    for point, (px, py), (lx, ly) in zip(points, at, _label_places(at, points), strict=True):
        lx, ly = (lx, ly) if point.mark else (px, py)
        shapes.append(
            f'<g class="mark"><line x1="{px:.1f}" y1="{py:.1f}" x2="{lx:.1f}" y2="{ly:.1f}"/><circle cx="{px:.1f}" '
            f'cy="{py:.1f}" r="4.5" fill="{_colour(point.series)}"/><text x="{lx:.1f}" y="{ly + 4:.1f}">'
            f"{text(point.mark)}</text><title>{text(point.title)}</title></g>"
        )
    used = {point.series for point in points}
    return _figure(caption, shapes, _HEIGHT, _dot_key([(k, name) for k, name in enumerate(names) if k in used]))


def _dot_key(series: Sequence[tuple[int, str]]) -> str:
    """Returns what each colour of dots means."""
    spans = "".join(
        f'<span><svg width="12" height="10" style="display:inline"><circle cx="6" cy="5" r="5" '
        f'fill="{_colour(place)}"/></svg> {text(name)}</span>'
        for place, name in series
    )
    return f'<div class="key">{spans}</div>' if spans else ""


def front(pairs: Sequence[tuple[float, float]]) -> set[int]:
    """Returns the places of the pairs than which no other has both a smaller x and a greater y."""
    found, best = set(), -math.inf
    for place in sorted(range(len(pairs)), key=lambda place: (pairs[place][0], -pairs[place][1])):
        if pairs[place][1] > best:
            found.add(place)
            best = pairs[place][1]
    return found


def _label_places(at: Sequence[tuple[float, float]], points: Sequence[Point]) -> list[tuple[float, float]]:
    """Returns where each point's mark goes: near it, inside the frame, and away from points and other marks."""
    taken = list(at)
    found = []
    for (x, y), point in zip(at, points, strict=True):
        if not point.mark:
            found.append((x, y))
            continue
        candidates = [
            (x + radius * math.cos(angle), y + radius * math.sin(angle))
            for radius in (13, 22, 32)
            for angle in (math.pi * k / 4 for k in (7, 1, 5, 3, 0, 4, 6, 2))
        ]
        inside = [(a, b) for a, b in candidates if _LEFT < a < _WIDTH - 8 and _TOP < b < _HEIGHT - _BOTTOM - 4]
        free = [place for place in inside if all(math.dist(place, other) > 11 for other in taken)]
        found.append((free or inside or candidates)[0])
        taken.append(found[-1])
    return found


def lines(caption: str, x_title: str, y_title: str, given: Sequence[Line], *, most: float = math.inf) -> str:
    """Returns a line plot with its key; values that are not finite are left out; empty without any."""
    kept = []
    for line in given:
        pairs = [(a, b) for a, b in zip(line.xs, line.ys, strict=True) if b is not None and math.isfinite(b)]
        if pairs:
            kept.append((line, pairs))
    if not kept:
        return ""
    x = _axis([a for _, pairs in kept for a, _ in pairs], _LEFT, _WIDTH - _RIGHT)
    y = _axis([b for _, pairs in kept for _, b in pairs], _HEIGHT - _BOTTOM, _TOP, most=most)
    shapes = _frame(x, y, x_title, y_title)
    for line, pairs in kept:
        path = " ".join(f"{x.place(a):.1f},{y.place(b):.1f}" for a, b in pairs)
        style = f'stroke="{_colour(line.series)}" stroke-width="1.8"{_dash(line)}'
        shapes.append(f'<polyline points="{path}" fill="none" {style}><title>{text(line.name)}</title></polyline>')
        if len(pairs) == 1:
            a, b = pairs[0]
            shapes.append(f'<circle cx="{x.place(a):.1f}" cy="{y.place(b):.1f}" r="3" fill="{_colour(line.series)}"/>')
    key = "".join(
        f'<span><svg width="22" height="8" style="display:inline"><line x1="1" x2="21" y1="4" y2="4" '
        f'stroke="{_colour(line.series)}" stroke-width="2"{_dash(line)}/></svg> {text(line.name)}</span>'
        for line, _ in kept
    )
    return _figure(caption, shapes, _HEIGHT, f'<div class="key">{key}</div>')


def bars(caption: str, unit: str, rows: Sequence[tuple[str, float, str]], *, series: int = 0) -> str:
    """Returns horizontal bars from zero; empty without rows.

    Args:
        caption: Its heading.
        unit: What the numbers are.
        rows: Label, value of at least 0, and the value's text.
        series: Colour.
    """
    if not rows:
        return ""
    top = max(value for _, value, _ in rows) or 1.0
    left, right = _label_width([label for label, _, _ in rows]), 62
    shapes = []
    for place, (label, value, shown) in enumerate(rows):
        y, width = place * _ROW, (_WIDTH - left - right) * max(value, 0.0) / top
        shapes.append(
            f'<g><text x="{left - 6}" y="{y + 14}" text-anchor="end">{_short(label)}</text>'
            f'<rect x="{left}" y="{y + 4}" width="{width:.1f}" height="{_ROW - 7}" '
            f'style="fill:{_colour(series)};stroke:none"/>'
            f'<text class="dim" x="{left + width + 5:.1f}" y="{y + 14}">{text(shown)}</text>'
            f"<title>{text(label)}: {text(shown)} {text(unit)}</title></g>"
        )
    return _figure(f"{caption}, {unit}" if unit else caption, shapes, len(rows) * _ROW + 4)


Share = tuple[float, float, float]


def dots(caption: str, names: Sequence[str], rows: Sequence[tuple[str, Sequence[Share | None]]]) -> str:
    """Returns a row a class with a dot and its interval for each model's share in it, in per cent; empty without rows.

    Args:
        caption: Its heading.
        names: The models.
        rows: Label, and for each model a share in [0, 1] with the ends of its interval, or `None`.
    """
    known = [end for _, shares in rows for share in shares if share is not None for end in share]
    if not known:
        return ""
    left, bottom = _label_width([label for label, _ in rows]), len(rows) * _ROW
    x = _axis([100 * share for share in known], left + 6, _WIDTH - 12, most=100)
    shapes = []
    for tick in x.ticks():
        at = x.place(tick)
        shapes.append(f'<line class="grid" x1="{at:.1f}" x2="{at:.1f}" y1="0" y2="{bottom}"/>')
        shapes.append(f'<text class="dim" x="{at:.1f}" y="{bottom + 14}" text-anchor="middle">{_number(tick)}</text>')
    for place, (label, shares) in enumerate(rows):
        y = place * _ROW + _ROW / 2
        shapes.append(f'<text x="{left - 4}" y="{y + 4}" text-anchor="end">{_short(label)}</text>')
        shapes.append(f'<line class="grid" x1="{left}" x2="{_WIDTH - 4}" y1="{y}" y2="{y}"/>')
        for series, found in enumerate(shares):
            if found is not None:
                share, low, high = found
                # Intervals lie side by side around the row's middle.
                beside = y + 3.5 * (series - (len(shares) - 1) / 2)
                shapes.append(
                    f'<line x1="{x.place(100 * low):.1f}" x2="{x.place(100 * high):.1f}" y1="{beside}" y2="{beside}" '
                    f'stroke="{_colour(series)}" stroke-width="1.5" stroke-opacity=".5"/>'
                )
                # Equal shares lie on one spot: rings of decreasing size show them all.
                shapes.append(
                    f'<circle cx="{x.place(100 * share):.1f}" cy="{y}" r="{6.5 - 1.4 * min(series, 3):.1f}" '
                    f'fill="{_colour(series)}" stroke="var(--back)" stroke-width=".7"><title>{text(label)}, '
                    f"{text(names[series])}: {100 * share:.2f} % ({100 * low:.2f} … {100 * high:.2f})</title></circle>"
                )
    return _figure(caption, shapes, bottom + 20, _dot_key(list(enumerate(names))))


def matrix(caption: str, labels: Sequence[str], counts: Sequence[Sequence[int]]) -> str:
    """Returns a confusion matrix: a row a true class, a column an answer; the darker, the greater the share of its row.

    Args:
        caption: Its heading.
        labels: The classes.
        counts: Pictures of each class (row) and answer (column).
    """
    n, left, top = len(labels), _label_width([f"{row} {label}" for row, label in enumerate(labels)]), 18
    cell = (_WIDTH - left - 2) / n
    shapes = [
        f'<text class="dim" x="{left + (column + 0.5) * cell:.1f}" y="12" text-anchor="middle">{column}</text>'
        for column in range(n)
        if cell >= 12
    ]
    for row, of_row in enumerate(counts):
        total, y = sum(of_row) or 1, top + row * cell
        if cell >= 9:
            label = _short(labels[row] if labels[row] == str(row) else f"{row} {labels[row]}")
            shapes.append(f'<text x="{left - 4}" y="{y + cell / 2 + 4:.1f}" text-anchor="end">{label}</text>')
        for column, count in enumerate(of_row):
            if not count:
                continue
            share, x = count / total, left + column * cell
            colour, weight = ("--s0", share) if row == column else ("--s1", math.sqrt(share))
            shapes.append(
                f'<g><rect x="{x:.1f}" y="{y:.1f}" width="{cell:.1f}" height="{cell:.1f}" '
                f'style="fill:var({colour});fill-opacity:{max(weight, 0.08):.2f};stroke:none"/>'
                + (f'<text x="{x + cell / 2:.1f}" y="{y + cell / 2 + 4:.1f}" {_on(weight)}>{count}</text>' * (n <= 12))
                + f"<title>{text(labels[row])} answered as {text(labels[column])}: {count} of {total}</title></g>"
            )
    side = n * cell
    shapes.append(f'<rect x="{left}" y="{top}" width="{side:.1f}" height="{side:.1f}" style="fill:none"/>')
    return _figure(caption, shapes, top + math.ceil(side) + 2)


def _on(weight: float) -> str:
    return 'class="on"' if weight > 0.55 else 'text-anchor="middle"'


def _frame(x: _Axis, y: _Axis, x_title: str, y_title: str) -> list[str]:
    """Returns the grid, the ticks and the titles of two axes."""
    bottom, right = _HEIGHT - _BOTTOM, _WIDTH - _RIGHT
    shapes = []
    for tick in x.ticks():
        at = x.place(tick)
        shapes.append(f'<line class="grid" x1="{at:.1f}" x2="{at:.1f}" y1="{_TOP}" y2="{bottom}"/>')
        shapes.append(f'<text class="dim" x="{at:.1f}" y="{bottom + 14}" text-anchor="middle">{_number(tick)}</text>')
    for tick in y.ticks():
        at = y.place(tick)
        shapes.append(f'<line class="grid" x1="{_LEFT}" x2="{right}" y1="{at:.1f}" y2="{at:.1f}"/>')
        shapes.append(f'<text class="dim" x="{_LEFT - 5}" y="{at + 4:.1f}" text-anchor="end">{_number(tick)}</text>')
    middle = (_TOP + bottom) / 2
    shapes.append(f'<text class="dim" x="{right}" y="{_HEIGHT - 6}" text-anchor="end">{text(x_title)}</text>')
    shapes.append(
        f'<text class="dim" x="11" y="{middle}" text-anchor="middle" transform="rotate(-90 11 {middle})">'
        f"{text(y_title)}</text>"
    )
    return shapes


def _figure(caption: str, shapes: Sequence[str], height: float, key: str = "") -> str:
    return (
        f'<figure><figcaption>{text(caption)}</figcaption><svg class="plot" viewBox="0 0 {_WIDTH} {height}" role="img" '
        f'aria-label="{text(caption)}">{"".join(shapes)}</svg>{key}</figure>'
    )


def _colour(series: int) -> str:
    return f"var(--s{series % COLOURS})"


def _dash(line: Line) -> str:
    return ' stroke-dasharray="4 3"' if line.dashed else ""


def _label_width(labels: Sequence[str]) -> float:
    """Returns the room that labels take beside a plot, at about 6 units a character."""
    return 6.2 * min(max(map(len, labels)), _LONGEST_LABEL) + 12


def _short(label: str, longest: int = _LONGEST_LABEL) -> str:
    return text(label if len(label) <= longest else label[: longest - 1] + "…")


def _number(value: float) -> str:
    for factor, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= factor:
            return f"{value / factor:g}{unit}"
    return f"{value:.4g}"
