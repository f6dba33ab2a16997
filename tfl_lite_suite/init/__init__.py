"""Looks at a folder of labelled pictures and writes the recipe that fits it.

There are few rules, and each is explained in the recipe: how large and how colourful the pictures are, how many there
are, how unbalanced the classes are, and how much time there is.
"""

import dataclasses
import io
import pathlib
import statistics
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from tfl_lite_suite.core.errors import ArgumentError, SuiteError
from tfl_lite_suite.core.files import write_text
from tfl_lite_suite.core.types import JsonObject
from tfl_lite_suite.init.result import WrittenNotebook, WrittenRecipe

if TYPE_CHECKING:
    from tfl_lite_suite.data.samples import Listing

# What must not slow down --help (NumPy, Pillow) is imported where it is used.

_NOTEBOOK = pathlib.Path(__file__).resolve().parents[1] / "examples" / "quickstart.ipynb"
_LOOKED_AT = 200
# Smaller pictures hold too little for networks that learned from photographs.
_PHOTOGRAPH_SIDE = 48
# With fewer pictures, ImageNet's weights at a larger resolution win against a small network from scratch.
_FROM_SCRATCH = 5000
_SIDES = (96, 128, 160, 224)
# Milliseconds of training MobileNetV1 0.5 on a picture of 48 pixels on two x86 cores.
_SCRATCH_MS = 0.9
# The shipped recipes that a suggestion begins with.
_TRANSFER, _SCRATCH = "photos_transfer", "quickstart_fashion_mnist"
# What is left for int8, files and measurements.
_TRAINING_SHARE = 0.7
_FEW_TEST_PICTURES = 30


@dataclasses.dataclass(frozen=True)
class Look:
    """What a set of pictures looks like.

    Attributes:
        source: What the user called it.
        counts: Pictures of each class by its name.
        several_labels: Whether a picture can show several classes.
        parts: Ready-made splits.
        side: Median of the shorter sides, in pixels.
        is_grey: Whether no picture that was looked at has a colour.
    """

    source: str
    counts: dict[str, int]
    several_labels: bool
    parts: tuple[str, ...]
    side: int
    is_grey: bool

    @property
    def pictures(self) -> int:
        """Number of pictures."""
        return sum(self.counts.values())

    @property
    def imbalance(self) -> float:
        """Pictures of the commonest class for each one of the rarest."""
        return max(self.counts.values()) / max(1, min(self.counts.values()))


@dataclasses.dataclass(frozen=True)
class Suggestion:
    """A recipe and why it is so.

    Attributes:
        text: The recipe, as YAML with a header.
        settings: Its values, by dotted key.
        reasons: One sentence a choice.
    """

    text: str
    settings: JsonObject
    reasons: tuple[str, ...]


def look(source: str) -> Look:
    """Looks at a set of pictures; some are opened.

    Args:
        source: As a recipe's `data.source`.

    Raises:
        SuiteError: If there is no such source, or none of the pictures that were looked at can be read.
    """
    import numpy as np

    from tfl_lite_suite import data

    listing = data.listing_of(source)
    sizes = [_size(listing, int(place)) for place in _spread(len(listing), np.random.default_rng(0))]
    readable = [size for size in sizes if size is not None]
    if not readable:
        raise SuiteError(f"{source}: none of the {len(sizes)} pictures that were looked at can be read")
    per_class = np.bincount(listing.labels, minlength=len(listing.class_names))
    if listing.targets is not None:
        per_class = listing.targets.sum(0)
    return Look(
        source,
        dict(zip(listing.class_names, per_class.tolist(), strict=True)),
        listing.targets is not None,
        tuple(part for part in ("train", "validation", "test") if part in listing.parts),
        int(statistics.median(min(height, width) for height, width, _ in readable)),
        all(grey for _, _, grey in readable),
    )


def _spread(count: int, draw: Any) -> Any:
    return draw.permutation(count)[:_LOOKED_AT]


def _size(listing: "Listing", place: int) -> tuple[int, int, bool] | None:
    """Returns height, width, and whether the picture is grey; `None` if it cannot be read."""
    import numpy as np
    from PIL import Image, UnidentifiedImageError

    try:
        found = listing.read(place)
        if isinstance(found, np.ndarray):
            return found.shape[0], found.shape[1], found.shape[-1] == 1 or found.ndim == 2
        with Image.open(io.BytesIO(found)) as picture:
            small = np.asarray(picture.convert("RGB").resize((16, 16)), np.int16)
            return picture.height, picture.width, bool(np.ptp(small, axis=2).max() <= 2)
    except (OSError, UnidentifiedImageError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None


def suggest(found: Look, minutes: float = 30.0) -> Suggestion:
    """Chooses a recipe.

    Args:
        found: What the pictures look like.
        minutes: How long the run may take on two x86 cores, greater than 0.
    """
    reasons: list[str] = []
    chosen: JsonObject = {"data.source": found.source}
    transfer = _network(found, chosen, reasons)
    _splits(found, chosen, reasons)
    _balance(found, chosen, reasons)
    _time(found, minutes, transfer, chosen, reasons)
    return Suggestion(_text(found, chosen, reasons), chosen, tuple(reasons))


def _network(found: Look, chosen: JsonObject, reasons: list[str]) -> bool:
    """Chooses network, resolution and colour; returns whether it begins with ImageNet's weights."""
    transfer = found.side >= _PHOTOGRAPH_SIDE or found.pictures < _FROM_SCRATCH
    chosen["data.color"] = "grey" if found.is_grey and not transfer else "rgb"
    if transfer:
        side = next((side for side in _SIDES if found.side <= 1.1 * side), _SIDES[1])
        chosen |= {"model.name": "mobilenet_v2", "model.weights": "imagenet"}
        why = (
            "few pictures" if found.side < _PHOTOGRAPH_SIDE else f"pictures with a shorter side of {found.side} pixels"
        )
        reasons.append(f"mobilenet_v2 with ImageNet's weights: {why}")
        if found.is_grey:
            reasons.append("data.color rgb: the pictures are grey, but ImageNet's weights know three channels")
    else:
        side = 32 if found.side <= 36 else 48
        chosen |= {"model.name": "mobilenet_v1", "model.alpha": 0.5, "model.weights": "none"}
        chosen |= {"train.learning_rate": 0.1, "train.weight_decay": 0.001}
        reasons.append(
            f"mobilenet_v1 of half its width from scratch: {found.pictures:,} pictures of {found.side} pixels"
        )
    chosen["data.resolution"] = side
    reasons.append(f"data.resolution {side}: the shorter sides have {found.side} pixels in the middle")
    return transfer


def _splits(found: Look, chosen: JsonObject, reasons: list[str]) -> None:
    if "test" not in found.parts:
        chosen["data.test_fraction"] = 0.2
        if 0.2 * found.pictures < _FEW_TEST_PICTURES * len(found.counts):
            reasons.append(
                f"{0.2 * found.pictures:.0f} test pictures say little about {len(found.counts)} classes: run --folds=5 "
                f"tests on all {found.pictures:,}"
            )
    if "validation" not in found.parts:
        chosen["data.validation_fraction"] = 0.1


def _balance(found: Look, chosen: JsonObject, reasons: list[str]) -> None:
    from tfl_lite_suite.data.balance import UNBALANCED

    if found.several_labels or found.imbalance >= UNBALANCED:
        chosen |= {"train.loss": "auto", "train.select": "auto"}
        rarest, commonest = (choose(found.counts, key=found.counts.__getitem__) for choose in (min, max))
        why = "a picture can show several classes"
        if not found.several_labels:
            why = f"'{commonest}' has {found.counts[commonest]:,} pictures, '{rarest}' {found.counts[rarest]:,}"
        reasons.append(f"train.loss and train.select auto, which make rare classes count: {why}")


def _time(found: Look, minutes: float, transfer: bool, chosen: JsonObject, reasons: list[str]) -> None:
    training = _TRAINING_SHARE * minutes
    if transfer:
        chosen["train.budget_minutes"] = round(training, 1)
        reasons.append(f"train.budget_minutes {training:.3g} of {minutes:g}: training chooses its epochs within it")
        return
    cost = _SCRATCH_MS * (chosen["data.resolution"] / 48) ** 2
    epochs = max(2, min(30, int(training * 60_000 / (cost * max(1, found.pictures)))))
    chosen["train.epochs"] = epochs
    reasons.append(f"train.epochs {epochs}: about what fits into {minutes:g} minutes on two x86 cores")


def _text(found: Look, chosen: JsonObject, reasons: Sequence[str]) -> str:
    """Returns the recipe as YAML, under a header that says why."""
    from tfl_lite_suite.core import dataclass_parser, recipe, shipped_recipes, yaml_text

    base = _TRANSFER if chosen["model.weights"] == "imagenet" else _SCRATCH
    sections = yaml_text.read((shipped_recipes.FOLDER / f"{base}.yaml").read_text(encoding="utf-8"))
    sections["name"] = pathlib.Path(found.source).resolve().stem or "pictures"
    for key, value in chosen.items():
        section, _, leaf = key.partition(".")
        sections.setdefault(section, {})[leaf] = value
    header = [f"# {found.pictures:,} pictures of {len(found.counts)} classes, looked at by init."]
    header += [f"# - {reason}." for reason in reasons]
    header += [f"# What is not named here is as in the recipe {base}."]
    text = "\n".join(header) + "\n" + yaml_text.write(sections)
    dataclass_parser.parse(recipe.Recipe, yaml_text.read(text), "")
    return text


def init(source: str, output: str | None = None, minutes: float = 30.0) -> WrittenRecipe:
    """Writes the recipe that fits a set of pictures.

    Args:
        source: As a recipe's `data.source`.
        output: The YAML file to write; named after the source, in the current folder, if absent.
        minutes: How long the run may take on two x86 cores.

    Raises:
        SuiteError: If there is nothing usable at the source, or the file is there already.
    """
    found = look(source)
    suggestion = suggest(found, minutes)
    path = pathlib.Path(output or f"{pathlib.Path(source).resolve().stem}.yaml")
    _refuse_existing("output", path)
    write_text(path, suggestion.text)
    commands = [f"tfl-lite-suite run --recipe={path} --workdir=work/{path.stem}"]
    commands.insert(0, f"tfl-lite-suite data --data={source} --html=health.html")
    return WrittenRecipe(
        recipe=str(path),
        pictures=found.pictures,
        classes=len(found.counts),
        imbalance=found.imbalance,
        settings=suggestion.settings,
        reasons=suggestion.reasons,
        next=tuple(commands),
    )


def write_notebook(notebook: str) -> WrittenNotebook:
    """Writes the example notebook, which goes from drawn pictures to a measured int8 file.

    Args:
        notebook: The file to write.

    Raises:
        SuiteError: If the file is there already.
    """
    path = pathlib.Path(notebook)
    _refuse_existing("notebook", path)
    write_text(path, _NOTEBOOK.read_text(encoding="utf-8"))
    return WrittenNotebook(notebook=str(path))


def _refuse_existing(argument: str, path: pathlib.Path) -> None:
    if path.exists():
        raise ArgumentError(argument, f"'{path}' is there already. Remove it, or name another file")


def show(written: WrittenRecipe | WrittenNotebook) -> str:
    """Returns the result as text."""
    if isinstance(written, WrittenNotebook):
        return f"wrote {written.notebook}"
    return "\n".join(
        [
            f"{written.pictures:,} pictures of {written.classes} classes; wrote {written.recipe}",
            *(f"- {reason}" for reason in written.reasons),
            "next:",
            *(f"  {command}" for command in written.next),
        ]
    )
