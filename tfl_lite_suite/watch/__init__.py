"""Watches a camera, a stream, a video or a folder with a model, until it is stopped. Never imports TensorFlow."""

import contextlib
import dataclasses
import os
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from tfl_lite_suite.core.errors import ArgumentError, unknown_argument

if TYPE_CHECKING:
    from tfl_lite_suite.predict import Opening
    from tfl_lite_suite.watch.login import Login
    from tfl_lite_suite.watch.loop import Pace
    from tfl_lite_suite.watch.mqtt import Broker
    from tfl_lite_suite.watch.result import Summary
    from tfl_lite_suite.watch.sources import Wanted

# What must not slow down --help (NumPy, Pillow) is imported where it is used.

STDOUT = 1
UNCERTAIN, UNKNOWN = REASONS = ("uncertain", "unknown")


@dataclasses.dataclass(frozen=True)
class Keeping:
    """Which frames are saved for labelling, and where; see `keep.Keeper`."""

    folder: str
    reasons: tuple[str, ...]
    limit: int
    certain: float

    def __post_init__(self) -> None:
        """Refuses unknown reasons."""
        for reason in self.reasons:
            if reason not in REASONS:
                raise unknown_argument("keep", reason, REASONS, "reason")


@dataclasses.dataclass(frozen=True)
class Watching:
    """What to watch, with which model, and where the answers go.

    Attributes:
        opening: The model.
        source: Where frames come from.
        pace: How many are decided and told.
        keeping: Which are saved, if any.
        broker: Where decisions go beside stdout, if anywhere.
        page: Address of the page and who may see it, if it is wanted.
    """

    opening: "Opening"
    source: "Wanted"
    pace: "Pace"
    keeping: Keeping | None = None
    broker: "Broker | None" = None
    page: "tuple[str, Login | None] | None" = None

    def __post_init__(self) -> None:
        """Refuses what would go round in circles, and what needs TensorFlow."""
        if self.opening.path.endswith(".keras"):
            raise ArgumentError("model", "watching needs no TensorFlow; convert the .keras file to .tflite first")
        if self.keeping is None or self.source.folder is None:
            return
        kept, watched = (os.path.realpath(path) + os.sep for path in (self.keeping.folder, self.source.folder))
        if kept.startswith(watched):
            raise ArgumentError(
                "keep_dir", f"'{self.keeping.folder}' is inside the folder that is watched. Name another"
            )


def watch(wish: Watching, stop: threading.Event, tell: Callable[[str], None]) -> "Summary":
    """Watches until `stop` is set or the source ends; prints a JSON line for each decision on stdout.

    Args:
        wish: What, with what and for whom.
        stop: Ends it.
        tell: Told in words what a person should know.

    Raises:
        SuiteError: If the model or the source cannot be opened, or something that was asked for is not possible.
    """
    from tfl_lite_suite.core.native_messages import native_messages
    from tfl_lite_suite.predict import Predictor
    from tfl_lite_suite.runtime import isolation
    from tfl_lite_suite.watch.keep import Keeper
    from tfl_lite_suite.watch.lines import Lines
    from tfl_lite_suite.watch.loop import Listeners, Watcher
    from tfl_lite_suite.watch.mqtt import Publisher
    from tfl_lite_suite.watch.page import Page

    # A model that kills its runtime does so here.
    isolation.call(lambda emit: _try(wish.opening), f"'{wish.opening.path}' on {wish.opening.engine}")
    keeper = None
    if wish.keeping is not None:
        keeper = Keeper(wish.keeping.folder, wish.keeping.reasons, wish.keeping.limit, wish.keeping.certain)
    with contextlib.ExitStack() as opened:
        source = wish.source.open()
        opened.callback(source.close)
        with native_messages():
            predictor = Predictor(wish.opening)
        for warning in predictor.warnings:
            tell(f"warning: {warning}")
        page = None
        if wish.page is not None:
            page = Page(*wish.page)
            opened.callback(page.close)
            tell(f"the last frame is at {page.url}")
        publisher = Publisher(wish.broker) if wish.broker else None
        opened.pop_all()
        return Watcher(predictor, source, Listeners(Lines(STDOUT), publisher, keeper, page), wish.pace).run(stop, tell)


def _try(opening: "Opening") -> None:
    """Runs the model once, on black."""
    import numpy as np

    from tfl_lite_suite.predict import Predictor
    from tfl_lite_suite.runtime.isolation import one_inference

    predictor = Predictor(opening)
    with one_inference():
        predictor.answer(np.zeros(predictor.model.contract.image_shape, np.uint8))


def show(found: "Summary") -> str:
    """Returns the summary as text."""
    answers = ", ".join(f"{label} {count:,}" for label, count in found.answers.items())
    lines = [
        f"stopped by {found.stopped_by} after {found.seconds:,.1f} s: {found.frames:,} frames decided, "
        f"{found.latency_ms:.1f} ms each; {found.skipped:,} skipped, {found.unreadable:,} unreadable; "
        f"the source was gone {found.outages:,} times",
        f"answers: {answers}" if answers else "",
        f"{found.unwritten:,} decisions could not be written to stdout" if found.unwritten else "",
    ]
    if found.kept or found.not_kept:
        reasons = "".join(f", {count:,} not ({reason})" for reason, count in found.not_kept.items())
        lines.append(f"saved for labelling: {found.kept:,} frames{reasons}")
    if found.mqtt is not None:
        lines.append(
            f"mqtt: {found.mqtt.delivered:,} of {found.mqtt.sent:,} decisions delivered, {found.mqtt.lost:,} lost; "
            f"the broker was gone {found.mqtt.outages:,} times"
        )
    return "\n".join(filter(None, lines))
