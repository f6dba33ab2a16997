"""What watching gives: a line for each decision, and a summary at the end."""

import dataclasses

from tfl_lite_suite.core.result import Result, omitted
from tfl_lite_suite.core.types import Document
from tfl_lite_suite.predict.result import Ranked


@dataclasses.dataclass(frozen=True, kw_only=True)
class FrameDecision(Result):
    """What stands after one frame, by the consensus over frames of the file's decision.

    Attributes:
        frame: Number of the frame, from 1; frames that were skipped are not numbered.
        time: When it was taken, UTC.
        source: Where it came from, without a password.
        label: The class announced; `None` where it is none of the classes.
        labels: Every class announced, the one that most frames answered first.
        rejected: Whether no class is announced.
        probability: In this frame, of `label`; of the likeliest class where `label` is `None`.
        changed: Whether the frame before had other labels announced.
        frame_labels: What this frame alone would answer.
        ranked: The likeliest classes of this frame.
        skipped: Frames of the camera left out since the decision before.
        latency_ms: Time to prepare, run and decide the frame.
        picture: Path of the picture, of a folder.
        kept: Where the frame was saved for labelling.
    """

    frame: int
    time: str
    source: str
    label: str | None
    labels: tuple[str, ...]
    rejected: bool
    probability: float
    changed: bool
    frame_labels: tuple[str, ...]
    ranked: tuple[Ranked, ...]
    skipped: int
    latency_ms: float
    picture: str | None = omitted()
    kept: str | None = omitted()


@dataclasses.dataclass(frozen=True, kw_only=True)
class Delivery(Result):
    """What became of the messages for the MQTT broker.

    Attributes:
        sent: Decisions handed over; the sum of the others.
        delivered: Acknowledged by the broker.
        lost: Dropped because the queue was full, or left when watching ended.
        outages: How often the connection broke.
    """

    sent: int
    delivered: int
    lost: int
    outages: int


@dataclasses.dataclass(frozen=True, kw_only=True)
class Summary(Result):
    """What happened from start to stop.

    Attributes:
        frames: Frames decided.
        skipped: Frames of the camera left out, because a newer one was there or `--max_fps` says so.
        unreadable: Pictures of a folder that could not be decoded.
        outages: How often the source was gone.
        answers: How many frames announced each class first; `none of these` for no class.
        decisions: Decisions given out; with `--changes` fewer than frames.
        unwritten: Decisions that stdout did not take, such as on a full disk.
        seconds: Time from the first frame to the end.
        latency_ms: Mean of the frames' `latency_ms`.
        kept: Frames saved for labelling.
        not_kept: Frames worth labelling that were not saved, by reason.
        mqtt: What the broker got; `None` without one.
        stopped_by: `signal`, `frames`, `end of source` or `stdout closed`.
    """

    frames: int
    skipped: int
    unreadable: int
    outages: int
    answers: Document
    decisions: int
    unwritten: int
    seconds: float
    latency_ms: float
    kept: int
    not_kept: Document
    mqtt: Delivery | None
    stopped_by: str
