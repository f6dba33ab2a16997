"""The fewest layers to compute otherwise where int8 alone breaks an accuracy budget, and what they cost in time."""

import dataclasses
import time
from collections.abc import Callable, Sequence

import numpy as np

from tfl_lite_suite.core.types import Array
from tfl_lite_suite.models.tflite_interpreter import Interpreter
from tfl_lite_suite.tflite.file import TfliteFile

_TIMED_RUNS = 15


@dataclasses.dataclass(frozen=True)
class Fallback:
    """An int8 file with some layers computed otherwise.

    Attributes:
        file: The file.
        tensors: Names of these layers' outputs, the most harmful first.
        score: What `judge` said of it.
    """

    file: TfliteFile
    tensors: tuple[str, ...]
    score: float


def fewest(
    build: Callable[[Sequence[str]], TfliteFile],
    ranked: Sequence[str],
    judge: Callable[[TfliteFile], float],
    least: float,
) -> Fallback | None:
    """Finds how many of the worst layers must not be left in int8.

    Args:
        build: From the outputs of the layers to compute otherwise to the file.
        ranked: Outputs of the layers that may be, the most harmful first.
        judge: Score of a file, greater is better, such as top-1 agreement with the float model.
        least: Score that is enough.

    Returns:
        The first of the doubled and then bisected counts that is enough; `None` if not even all are.
    """

    def tried(count: int) -> Fallback:
        file = build(ranked[:count])
        return Fallback(file, tuple(ranked[:count]), judge(file))

    low, count = 0, 1
    while True:
        count = min(count, len(ranked))
        found = tried(count)
        if found.score >= least:
            break
        if count == len(ranked):
            return None
        low, count = count, 2 * count
    while count - low > 1:
        middle = (low + count) // 2
        attempt = tried(middle)
        if attempt.score >= least:
            count, found = middle, attempt
        else:
            low = middle
    return found


def latency_ratio(content: bytes, other: bytes, picture: Array) -> float:
    """Returns the median time of `content` over that of `other` on this computer, one thread, in turns."""
    interpreters = [Interpreter(content, threads=1), Interpreter(other, threads=1)]
    seconds: list[list[float]] = [[], []]
    for run in range(_TIMED_RUNS + 3):
        for interpreter, times in zip(interpreters, seconds, strict=True):
            pixels = [interpreter.pixels(picture)]
            start = time.perf_counter()
            interpreter.invoke(pixels)
            if run >= 3:
                times.append(time.perf_counter() - start)
    return float(np.median(seconds[0]) / np.median(seconds[1]))
