"""Pictures that models answer differently, drawn with each model's answer."""

import base64
import dataclasses
import io
from collections.abc import Mapping, Sequence

from PIL import Image

from tfl_lite_suite.core.page.document import text
from tfl_lite_suite.core.types import Array
from tfl_lite_suite.run.result import ModelFlips

MOST_PICTURES = 24
_SIDE = 96


@dataclasses.dataclass
class Flipped:
    """A picture that models answer otherwise than the models they were made from.

    Attributes:
        key: Its name.
        label: Its class.
        changes: Answer before, answer after, and the models that changed so.
    """

    key: str
    label: str
    changes: dict[tuple[str, str], list[str]] = dataclasses.field(default_factory=dict)

    def verdict(self, change: tuple[str, str]) -> str:
        """Returns whether a change gained the picture, lost it, or put one wrong answer for another."""
        before, after = change
        return "gained" if after == self.label else "lost" if before == self.label else "still wrong"

    @property
    def lost(self) -> int:
        """Number of the models that lost it."""
        return sum(len(models) for change, models in self.changes.items() if self.verdict(change) == "lost")


def gather(flips: Sequence[ModelFlips], numbers: Mapping[tuple[str, str], int]) -> list[Flipped]:
    """Returns the pictures that flipped, those that most models lost first.

    Args:
        flips: From `flips.json`.
        numbers: What to call a model of that name and runtime; its name where it has no number.
    """
    found: dict[str, Flipped] = {}
    for entry in flips:
        model = str(numbers.get((entry.name, entry.runtime), entry.name))
        for flip in entry.flips:
            picture = found.setdefault(flip.key, Flipped(flip.key, flip.label))
            picture.changes.setdefault((flip.before, flip.after), []).append(model)
    return sorted(found.values(), key=lambda picture: (-picture.lost, picture.key))


def cards(given: Sequence[Flipped], pictures: Mapping[str, Array]) -> str:
    """Returns a card a picture.

    Args:
        given: From `gather`.
        pictures: Pixels by key, uint8 `(height, width, 1 or 3)`; a card without them has words alone.
    """
    parts = []
    for picture in given:
        pixels = pictures.get(picture.key)
        image = "" if pixels is None else f'<img alt="" src="{data_uri(pixels)}">'
        words = "".join(
            f"<p>{text(change[0])} → {text(change[1])}, {picture.verdict(change)}: {text(', '.join(models))}</p>"
            for change, models in picture.changes.items()
        )
        parts.append(
            f'<div class="card">{image}<div><p><b>{text(picture.label)}</b> '
            f'<span class="dim">{text(picture.key)}</span></p>{words}</div></div>'
        )
    return f'<div class="cards">{"".join(parts)}</div>' if parts else ""


def data_uri(pixels: Array) -> str:
    """Returns a picture as PNG inside a URI, no side longer than 96 pixels.

    Args:
        pixels: uint8 `(height, width, 1 or 3)`.
    """
    image = Image.fromarray(pixels[..., 0] if pixels.shape[-1] == 1 else pixels)
    image.thumbnail((_SIDE, _SIDE))
    stream = io.BytesIO()
    image.save(stream, "PNG", optimize=True)
    return "data:image/png;base64," + base64.b64encode(stream.getvalue()).decode("ascii")
