"""Draws the health of a set as one HTML page with small copies of the pictures; it loads nothing from elsewhere."""

import base64
import io
from collections.abc import Sequence

from PIL import Image

from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.core.image import decode
from tfl_lite_suite.core.page.document import page, section, text
from tfl_lite_suite.core.page.table import Table
from tfl_lite_suite.data.health import Health, Problem
from tfl_lite_suite.data.samples import Listing

MOST_PICTURES, MOST_GROUPS = 48, 24
_SIDE = 112
_STYLE = """
.bars { display: grid; grid-template-columns: max-content 1fr max-content; gap: 2px 12px; align-items: center }
.bars i { display: block; height: .8em; background: var(--s0); border-radius: 3px }
.shots { display: flex; flex-wrap: wrap; gap: 10px; margin: .6em 0 1em }
.shots figure { margin: 0; width: 116px; font-size: .78em; overflow-wrap: anywhere; line-height: 1.3 }
.shots img { width: 112px; height: 112px; object-fit: contain; background: #8883; border-radius: 4px; display: block }
.group { background: var(--card); border-radius: 8px; padding: 8px 10px; display: flex; gap: 8px }
"""


def draw(health: Health, listing: Listing) -> str:
    """Draws the page.

    Args:
        health: What was found.
        listing: The set, to read the pictures from.

    Returns:
        A whole HTML document.
    """
    album = _Album(listing)
    facts = [
        ("pictures", f"{health.pictures:,}"),
        ("classes", str(len(health.classes))),
        ("imbalance", "–" if health.imbalance is None else f"{health.imbalance:.1f} : 1"),
        *((part, f"{count:,}") for part, count in health.splits.items()),
    ]
    body = [
        '<div class="facts">'
        + "".join(f"<div><b>{text(b)}</b><span>{text(a)}</span></div>" for a, b in facts)
        + "</div>",
        *(f"<p>{text(note)}</p>" for note in health.notes),
        section("found", "What was found", [_summary(health.problems)]),
        section("classes", "Pictures of each class", [_bars(health)]),
        section("sizes", "Sizes, in pixels", [_sizes(health)]),
        *(_problem(problem, album) for problem in health.problems),
    ]
    return page(f"Health of {health.source}", body, _STYLE)


class _Album:
    """Small copies of pictures, by key."""

    def __init__(self, listing: Listing) -> None:
        self._listing = listing
        self._place = {key: place for place, key in enumerate(listing.keys)}

    def figure(self, key: str, more: str = "") -> str:
        """Returns a picture with its name, its class and what else is to be said."""
        place = self._place[key]
        label, part = int(self._listing.labels[place]), self._listing.parts[place]
        name = self._listing.class_names[label] if label >= 0 else ""
        words = ", ".join(filter(None, [name, part, more]))
        return f"<figure>{self._image(place)}<b>{text(words)}</b><br>{text(key)}</figure>"

    def _image(self, place: int) -> str:
        found = self._listing.read(place)
        try:
            pixels = decode(found, 3, least_side=_SIDE) if isinstance(found, bytes) else found
        except SuiteError:
            return "<p>unreadable</p>"
        image = Image.fromarray(pixels if pixels.shape[2] == 3 else pixels[:, :, 0])
        image.thumbnail((_SIDE, _SIDE))
        stream = io.BytesIO()
        image.save(stream, "JPEG", quality=80)
        return f'<img alt="" src="data:image/jpeg;base64,{base64.b64encode(stream.getvalue()).decode("ascii")}">'


def _summary(problems: Sequence[Problem]) -> str:
    rows = [[found.severity, found.code, found.message, found.fix] for found in problems]
    return Table(["Severity", "Code", "What", "Fix"], rows).html() or "<p>Nothing.</p>"


def _bars(health: Health) -> str:
    most = max((item.count for item in health.classes), default=0) or 1
    rows = "".join(
        f'<span>{text(item.name)}</span><i style="width: {100 * item.count / most:.1f}%"></i>'
        f"<span>{item.count:,}</span>"
        for item in health.classes
    )
    return f'<div class="bars">{rows}</div>'


def _sizes(health: Health) -> str:
    rows = [[name, *(f"{side:,}" for side in sides)] for name, sides in health.sizes.items()]
    return Table(["", "least", "median", "greatest"], rows).html()


def _problem(problem: Problem, album: _Album) -> str:
    if not problem.files:
        return ""
    words = f"<p>{text(problem.message)}.</p><p>{text(problem.fix)}.</p>"
    if problem.code == "mislabelled":
        shown = [album.figure(key, f"looks like {likely}") for key, likely in problem.groups[:MOST_PICTURES]]
        left = len(problem.groups) - len(shown)
    elif problem.groups and problem.code != "unknown_overlap":
        groups = problem.groups[:MOST_GROUPS]
        shown = [f'<div class="group">{"".join(album.figure(key) for key in group[:6])}</div>' for group in groups]
        left = len(problem.groups) - len(shown)
    else:
        shown = [album.figure(key) for key in problem.files[:MOST_PICTURES]]
        left = len(problem.files) - len(shown)
    rest = f"<p>{left:,} more are in the JSON document (--json).</p>" if left else ""
    return section(problem.code, problem.code, [words, f'<div class="shots">{"".join(shown)}</div>', rest])
