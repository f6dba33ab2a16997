"""The loop that watches: a frame, its decision, and everyone who receives it, until it is stopped."""

import collections
import contextlib
import dataclasses
import datetime
import threading
import time
from collections.abc import Callable

from tfl_lite_suite.core.decision import Decision
from tfl_lite_suite.core.decision_rules import Consensus
from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.predict import TOP, Predictor
from tfl_lite_suite.predict.result import Prediction
from tfl_lite_suite.watch.keep import Keeper
from tfl_lite_suite.watch.lines import Lines
from tfl_lite_suite.watch.mqtt import Publisher
from tfl_lite_suite.watch.page import Page
from tfl_lite_suite.watch.result import FrameDecision, Summary
from tfl_lite_suite.watch.service import WATCHDOG_SECONDS, Notifier
from tfl_lite_suite.watch.sources import Frame, Source

_WAIT_SECONDS = 0.5
NONE = "none of these"


@dataclasses.dataclass(frozen=True)
class Pace:
    """How much is decided and told.

    Attributes:
        max_fps: Greatest number of frames a second; 0 for as many as there are.
        frames: Number of frames after which to stop; 0 for never.
        changes: Whether only changes of the answer are sent.
    """

    max_fps: float = 0.0
    frames: int = 0
    changes: bool = False


@dataclasses.dataclass(frozen=True)
class Listeners:
    """Who receives the answers.

    Attributes:
        lines: Standard output.
        publisher: The MQTT broker's connection.
        keeper: Saves frames.
        page: Shows the last frame.
    """

    lines: Lines
    publisher: Publisher | None = None
    keeper: Keeper | None = None
    page: Page | None = None


class Watcher:
    """Watches one source with one model."""

    def __init__(self, predictor: Predictor, source: Source, listeners: Listeners, pace: Pace = Pace()) -> None:
        """Takes what it works with; it closes the source and the listeners."""
        self._predictor, self._source, self._listeners, self._pace = predictor, source, listeners, pace
        self._decision = predictor.model.decision or Decision()
        self._consensus = Consensus(self._decision.frames)
        self._announced: tuple[str, ...] | None = None
        self._answers = collections.Counter[str]()
        self._frames = self._skipped = self._unreadable = self._told = 0
        self._milliseconds = 0.0
        self._notifier, self._notified = Notifier(), 0.0

    def run(self, stop: threading.Event, tell: Callable[[str], None]) -> Summary:
        """Watches until `stop` is set or there is nothing more to watch.

        Args:
            stop: Set by a signal.
            tell: Told in words what a person should know.

        Raises:
            SuiteError: If the source hangs so that only a new process helps.
        """
        self._notifier.tell("READY=1")
        begin = time.monotonic()
        due = begin
        try:
            while not (reason := self._over(stop)):
                self._alive()
                if stop.wait(max(0.0, min(_WAIT_SECONDS, due - time.monotonic()))) or time.monotonic() < due:
                    continue
                frame = self._source.next(_WAIT_SECONDS)
                if frame is None:
                    continue
                due = time.monotonic() + (1 / self._pace.max_fps if self._pace.max_fps else 0.0)
                try:
                    self._take(frame)
                except SuiteError as error:
                    # A picture of a folder; what a camera gives needs no decoding.
                    if frame.path is None:
                        raise
                    self._unreadable += 1
                    tell(f"left out: {error}")
        finally:
            self._notifier.tell("STOPPING=1")
            self._close()
        return self._summary(reason, time.monotonic() - begin)

    def _over(self, stop: threading.Event) -> str:
        if stop.is_set():
            return "signal"
        if self._listeners.lines.closed:
            return "stdout closed"
        if self._pace.frames and self._frames >= self._pace.frames:
            return "frames"
        return "end of source" if self._source.finished else ""

    def _alive(self) -> None:
        now = time.monotonic()
        if now - self._notified > WATCHDOG_SECONDS / 4:
            self._notified = now
            self._notifier.tell("WATCHDOG=1")

    def _take(self, frame: Frame) -> None:
        begin = time.perf_counter()
        tensor = self._predictor.tensor(frame.picture)
        every = self._predictor.answer(tensor, None)
        announced = self._announce(every)
        latency = 1000 * (time.perf_counter() - begin)
        self._frames += 1
        self._skipped += frame.skipped
        self._milliseconds += latency
        self._answers[announced[0] if announced else NONE] += 1
        kept = None
        if self._listeners.keeper is not None:
            kept = self._listeners.keeper.offer(frame, tensor, every, self._decision.mode == "multi")
        label = announced[0] if announced else None
        decision = FrameDecision(
            frame=self._frames,
            time=_utc(frame.time),
            source=self._source.name,
            label=label,
            labels=announced,
            rejected=not announced,
            probability=_probability(every, label),
            changed=announced != self._announced,
            frame_labels=every.labels,
            ranked=every.ranked[:TOP],
            skipped=frame.skipped,
            latency_ms=latency,
            picture=frame.path,
            kept=kept,
        )
        self._announced = announced
        self._tell(frame, decision)

    def _announce(self, found: Prediction) -> tuple[str, ...]:
        """Returns the classes that the latest frames agree on; in `single` mode at most one."""
        labels = self._predictor.model.contract.labels
        indices = self._consensus.add(labels.index(label) for label in found.labels)
        kept = indices if self._decision.mode == "multi" else indices[:1]
        return tuple(labels[index] for index in kept)

    def _tell(self, frame: Frame, decision: FrameDecision) -> None:
        line = decision.to_json()
        if self._listeners.page is not None:
            self._listeners.page.show(frame, line)
        if self._pace.changes and not decision.changed:
            return
        self._told += 1
        self._listeners.lines.write(line)
        if self._listeners.publisher is not None:
            self._listeners.publisher.send(line)

    def _close(self) -> None:
        with contextlib.ExitStack() as closing:
            for closed in (self._listeners.page, self._listeners.publisher, self._source):
                if closed is not None:
                    closing.callback(closed.close)

    def _summary(self, reason: str, seconds: float) -> Summary:
        keeper, publisher = self._listeners.keeper, self._listeners.publisher
        return Summary(
            frames=self._frames,
            skipped=self._skipped,
            unreadable=self._unreadable,
            outages=self._source.outages,
            answers=dict(self._answers.most_common()),
            decisions=self._told,
            unwritten=self._listeners.lines.unwritten,
            seconds=seconds,
            latency_ms=self._milliseconds / max(1, self._frames),
            kept=keeper.kept if keeper else 0,
            not_kept=dict(keeper.not_kept) if keeper else {},
            mqtt=publisher.delivery if publisher else None,
            stopped_by=reason,
        )


def _probability(found: Prediction, label: str | None) -> float:
    """Returns a class's probability in one frame, or that of the likeliest class for `None`."""
    return next((item.probability for item in found.ranked if label in (None, item.label)), 0.0)


def _utc(seconds: float) -> str:
    return datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc).isoformat(timespec="milliseconds")
