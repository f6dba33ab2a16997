"""Writes `tests/golden_decisions.json`: scores, decisions, and the answers that every client must give.

    python tools/make_golden_decisions.py

Each of 20 decisions answers 50 pictures, which are the frames of one video as well. The scores are drawn so that every
rule decides somewhere: ties, saturated scores, thresholds just reached, NaN and infinities in float files.
"""

import json
import math
import pathlib
from typing import Any

import numpy as np

from tfl_lite_suite.core.decision import Decision, Frames, Reject
from tfl_lite_suite.core.decision_rules import Consensus, decide

PATH = pathlib.Path(__file__).parent.parent / "tests/golden_decisions.json"
FRAMES = 50
_THREE = Frames(3, 0.6, 0.3)
DECISIONS: tuple[tuple[str, int, Decision], ...] = (
    ("int8", 4, Decision()),
    ("int8", 10, Decision(temperature=1.7, reject=Reject("entropy", -0.8))),
    ("int8", 2, Decision(temperature=0.5, thresholds=(0.9, 0.1), frames=_THREE)),
    ("int8", 5, Decision(thresholds=(0.2, 0.2, 0.02, 0.2, 0.6), frames=Frames(5, 0.6, 0.2))),
    ("int8", 5, Decision(temperature=2.0, thresholds=(0.5,) * 5)),
    ("int8", 6, Decision(temperature=1.3, reject=Reject("max_probability", 0.6), frames=_THREE)),
    ("int8", 6, Decision(temperature=1.3, reject=Reject("margin", 0.3))),
    ("int8", 6, Decision(temperature=1.3, reject=Reject("energy", 4.5), frames=Frames(4, 0.5, 0.25))),
    ("uint8", 3, Decision(thresholds=(0.3, 0.4, 0.5), reject=Reject("energy", 3.0))),
    ("uint8", 3, Decision(scores="probabilities", reject=Reject("max_probability", 0.625))),
    ("int8", 4, Decision(scores="probabilities", thresholds=(0.25, 0.5, 0.125, 0.25))),
    ("int8", 4, Decision(scores="probabilities", reject=Reject("entropy", -0.75), frames=_THREE)),
    ("int8", 5, Decision(mode="multi")),
    ("int8", 5, Decision(mode="multi", temperature=1.5, thresholds=(0.1, 0.5, 0.9, 0.3, 0.7), frames=_THREE)),
    ("int8", 5, Decision(mode="multi", reject=Reject("energy", 6.0), frames=Frames(5, 0.4, 0.2))),
    ("uint8", 4, Decision(mode="multi", scores="probabilities", reject=Reject("max_probability", 0.75))),
    ("float32", 7, Decision(temperature=0.83, reject=Reject("energy", 2.0), frames=Frames(7, 0.55, 0.3))),
    ("float32", 3, Decision(thresholds=(0.333, 0.05, 0.6), frames=Frames(2, 1.0, 0.5))),
    ("float32", 4, Decision(mode="multi", temperature=3.0, reject=Reject("energy", 4.0))),
    ("int8", 40, Decision(temperature=1.1, reject=Reject("margin", 0.05), frames=Frames(10, 0.3, 0.1))),
)


def main() -> None:
    """Writes the file."""
    rng = np.random.default_rng(16)
    cases = [case(rng, *row) for row in DECISIONS]
    lines = ",\n".join(json.dumps(item) for item in cases)
    PATH.write_text(f'{{"cases": [\n{lines}\n]}}\n', encoding="utf-8")
    print(f"{PATH}: {sum(len(item['frames']) for item in cases)} vectors, {PATH.stat().st_size:,} bytes")


def case(rng: np.random.Generator, dtype: str, classes: int, decision: Decision) -> dict[str, Any]:
    """Returns one decision with its pictures and their answers.

    Args:
        rng: What the scores are drawn from.
        dtype: Of the output tensor.
        classes: Number of classes.
        decision: How to answer.
    """
    scale, zero_point = 1.0, 0
    if dtype == "float32":
        raw = (rng.normal(0, 3, (FRAMES, classes)) + steady(rng, classes)).astype(np.float32)
        raw[0, 0], raw[1, 1], raw[2, :] = np.nan, np.inf, -np.inf
    elif decision.scores == "probabilities":
        scale, zero_point = 1 / 256, -128 if dtype == "int8" else 0
        shares = rng.dirichlet(np.full(classes, 0.4), FRAMES) + (steady(rng, classes) > 0) * rng.random((FRAMES, 1))
        raw = np.clip(np.floor(shares / shares.sum(1, keepdims=True) * 256) + zero_point, zero_point, zero_point + 255)
    else:
        scale, zero_point = 0.125, 3 if dtype == "int8" else 120
        limits = np.iinfo(dtype)
        drawn = (rng.normal(0, 2.5, (FRAMES, classes)) + steady(rng, classes)) / scale + zero_point
        raw = np.clip(np.rint(drawn), limits.min, limits.max)
        raw[0, :], raw[1, :2], raw[2, :] = 0, limits.max, limits.min
    scores = (raw.astype(np.float32) - zero_point) * np.float32(scale)
    found, consensus, frames = decide(decision, scores), Consensus(decision.frames), []
    for row in range(FRAMES):
        answered = np.flatnonzero(found.answered[row]).tolist()
        frames.append(
            {
                "raw": [plain(value) for value in raw[row].tolist()],
                "probabilities": [plain(value) for value in found.probabilities[row].tolist()],
                "certainty": plain(float(found.certainty[row])),
                "answered": answered,
                "top": int(found.top[row]),
                "announced": list(consensus.add(answered)),
            }
        )
    said = json.loads(decision.to_json())
    return {"decision": said, "dtype": dtype, "scale": scale, "zero_point": zero_point, "frames": frames}


def steady(rng: np.random.Generator, classes: int) -> np.ndarray:
    """Returns what a video adds to the scores of its frames: a class shows for some frames, then another, or none."""
    shown = np.repeat(rng.integers(-1, classes, FRAMES // 10), 10)
    return 5.0 * (shown[:, None] == np.arange(classes))


def plain(value: float) -> float | int | str | None:
    """Returns a value as JSON can hold it exactly: whole numbers as such, NaN as null, infinities by name."""
    if math.isnan(value):
        return None
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    return int(value) if value == int(value) else value


if __name__ == "__main__":
    main()
