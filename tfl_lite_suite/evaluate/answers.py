"""A model's answers to many pictures, from several worker processes, and the figures made from them."""

import dataclasses
import hashlib
import os
import select
import struct
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tfl_lite_suite.core.decision_rules import Decided
from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.core.types import Array
from tfl_lite_suite.evaluate import metrics
from tfl_lite_suite.evaluate.result import Figures
from tfl_lite_suite.runtime import engines, pixels
from tfl_lite_suite.runtime.isolation import Child, Emit, one_inference, running
from tfl_lite_suite.runtime.session import Kernels
from tfl_lite_suite.tflite.normalization import Normalization

TOP = 5
_MOST_CHUNKS = 8192
_CHUNK = 64
# A full confusion matrix of more classes than this, or a line for each of so many, says little and fills memory.
MATRIX_CLASSES, LISTED_CLASSES = 1000, 10_000
_MOST_CELLS = 100_000
_NUMBER = struct.Struct("<I")

Images = Callable[[Array], Array]


@dataclasses.dataclass(frozen=True)
class Answers:
    """What a model answered, picture by picture.

    Attributes:
        top: Classes of the highest scores, best first, equal scores by index; int64 `(n, k)`; −1 where a score is NaN.
        ties: Where more than one class has the highest score, `(n,)`.
        seconds: Wall time, with whatever reading the pictures took.
        notes: What a user should know.
        logits: The scores as real values, float32 `(n, classes)`, if asked for.
        input_sha256: SHA-256 over the SHA-256 of every input tensor, in order, so that machines can be compared.
    """

    top: Array
    ties: Array
    seconds: float
    notes: tuple[str, ...] = ()
    logits: Array | None = None
    input_sha256: str | None = None

    def warnings(self) -> tuple[str, ...]:
        """Returns the notes, and that some answers are none."""
        broken = int((self.top[:, 0] < 0).sum())
        note = f"{broken} answers hold NaN and count as wrong. Look for an overflow in the model"
        return (*self.notes, note) if broken else self.notes


@dataclasses.dataclass(frozen=True)
class Runner:
    """How a model is run over pictures.

    Attributes:
        model: The model's file.
        engine: Name of the engine.
        threads: Threads of each worker's runtime.
        workers: Processes.
        kernels: See `Engine.open`.
        keep_logits: Whether the answers hold every score.
        normalization: How a pixel becomes the input's real value; as the file says if absent.
        batch: Pictures of a run, for a network known to take several; quicker than one at a time.
    """

    model: str
    engine: str
    threads: int = 1
    workers: int = 1
    kernels: Kernels = "default"
    keep_logits: bool = False
    normalization: Normalization | None = None
    batch: int = 1

    def answer(self, images: Images, count: int, on_done: Callable[[int], None] = lambda count: None) -> Answers:
        """Runs the model over pictures.

        Args:
            images: Returns prepared pictures `(n, height, width, channels)`, uint8, by their indices; called in the
                workers, so that decoding is shared out too.
            count: Number of pictures.
            on_done: Told how many pictures are done.

        Returns:
            The answers, in the order of the indices.

        Raises:
            SuiteError: If the model cannot be run, kills its runtime, or is no image classifier.
        """
        begin = time.perf_counter()
        chunk = max(1, min(_CHUNK, -(-count // (4 * self.workers))), -(-count // _MOST_CHUNKS))
        parts: dict[int, tuple[Array, Array, Array | None, bytes]] = {}
        notes: set[str] = set()
        done = 0

        def take(event: Any) -> None:
            nonlocal done
            first, part, note = event
            parts[first] = part
            notes.update([note] if note else [])
            done += len(part[0])
            on_done(done)

        tickets = _tickets(-(-count // chunk))
        children: list[Child[None]] = []
        try:
            for _ in range(self.workers):
                work = _Work(self, images, count, chunk, tickets)
                children.append(Child(work, f"'{self.model}' on {self.engine}", running(self.model)))
            _gather(children, take)
        finally:
            os.close(tickets)
            for child in children:
                child.close()
        tops, ties, logits, digests = zip(*(parts[first] for first in sorted(parts)), strict=True)
        return Answers(
            np.concatenate(tops),
            np.concatenate(ties),
            time.perf_counter() - begin,
            tuple(sorted(notes)),
            np.concatenate(logits) if self.keep_logits else None,
            hashlib.sha256(b"".join(digests)).hexdigest(),
        )


@dataclasses.dataclass(frozen=True)
class _Work:
    """What one worker does: takes the number of a chunk, answers it, until there are no more."""

    runner: Runner
    images: Images
    count: int
    chunk: int
    tickets: int

    def __call__(self, emit: Emit) -> None:
        runner = self.runner
        session = engines.get(runner.engine).open(runner.model, threads=runner.threads, kernels=runner.kernels)
        spec, output = session.input, session.output
        if output.shape[0] != 1 or len(output.shape) != 2:
            raise SuiteError(f"the output has shape {list(output.shape)}; an image classifier's is [1, classes]")
        file = engines.get(runner.engine).inspect(runner.model)
        encoder = pixels.encoder(spec, runner.normalization or file.normalization)
        one_score = ""
        if output.shape[1] == 1:
            one_score = "probability" if file.gives_probabilities else "logit"
        step = session.take_batches(runner.batch) if runner.batch > 1 else 1
        while number := os.read(self.tickets, _NUMBER.size):
            first = _NUMBER.unpack(number)[0] * self.chunk
            pictures = self.images(np.arange(first, min(first + self.chunk, self.count)))
            if (1, *pictures.shape[1:]) != spec.shape:
                raise SuiteError(f"the model takes {list(spec.shape)}, the pictures are {list(pictures.shape[1:])}")
            tensors = encoder.encode(pictures)
            rows = []
            try:
                for index in range(0, len(tensors), step):
                    part = tensors[index : index + step]
                    with one_inference():
                        rows.append(session.invoke(_filled(part, step))[: len(part)])
            except RuntimeError as error:
                raise SuiteError(f"{runner.model}: {runner.engine} does not run it: {error}") from error
            raw = np.concatenate(rows)
            if one_score:
                raw = two_scores(pixels.dequantize(raw, output), one_score)
            logits = (raw if one_score else pixels.dequantize(raw, output)) if runner.keep_logits else None
            digests = b"".join(hashlib.sha256(tensor).digest() for tensor in np.ascontiguousarray(tensors))
            emit((first, (*ranked(raw), logits, digests), encoder.note))
        session.close()


def _filled(tensors: Array, size: int) -> Array:
    """Returns a batch of the full size; the last of the tensors fills it up."""
    missing = size - len(tensors)
    return np.concatenate([tensors, np.repeat(tensors[-1:], missing, axis=0)]) if missing else tensors


def two_scores(scores: Array, kind: str) -> Array:
    """Returns what one score says of two classes, float32 `(n, 2)`; the second is the one that it speaks for.

    Args:
        scores: Real values, `(n, 1)`.
        kind: `probability` or `logit`.
    """
    return np.hstack([1 - scores if kind == "probability" else np.zeros_like(scores), scores])


def ranked(scores: Array) -> tuple[Array, Array]:
    """Returns the classes with the highest scores and where the first place is tied; see `Answers`.

    Args:
        scores: `(n, classes)`, any real dtype.
    """
    top = pixels.rank(scores, min(TOP, scores.shape[1]))
    if scores.dtype.kind == "f":
        top[np.isnan(scores).any(axis=1)] = -1
    return top, pixels.first_place_ties(scores)


def figures(answers: Answers, labels: Array, class_names: Sequence[str], decided: Decided | None = None) -> Figures:
    """Compares answers with labels.

    Args:
        answers: Of n pictures, n at least 1.
        labels: True class of each, int64 `(n,)`.
        class_names: Name of each class.
        decided: What the file's decision makes of the scores; the greatest score wins if absent.

    Returns:
        Top-1, top-5 and the confusion are by the greatest scores, the rest by what was decided. With more than
        `MATRIX_CLASSES` classes there is no matrix but a list of its cells; with more than `LISTED_CLASSES`, only the
        classes that have pictures are listed.
    """
    right = answers.top[:, 0] == labels
    size = len(class_names)
    answered = answers.top[:, 0] >= 0
    top, probabilities = (answers.top[:, 0], None) if decided is None else (decided.top, decided.probabilities)
    measured = metrics.measure(labels, top, class_names, probabilities)
    hits = np.bincount(labels[right], minlength=size).tolist()
    listed = range(size) if size <= LISTED_CLASSES else np.unique(labels).tolist()
    confused, true = answers.top[answered, 0], labels[answered]
    classes = ((measured.per_class[place], hits[place]) for place in listed)
    return Figures(
        n=len(labels),
        top1=float(right.mean()),
        top5=float((answers.top == labels[:, None]).any(axis=1).mean()),
        **measured.figures(),
        per_class=tuple(item.result(hit / item.n if item.n else None) for item, hit in classes),
        confusion=_matrix(true, confused, size) if size <= MATRIX_CLASSES else None,
        confusion_cells=None if size <= MATRIX_CLASSES else _cells(true, confused, size),
        ties=int(answers.ties.sum()),
        warnings=answers.warnings(),
    )


def _matrix(labels: Array, top: Array, size: int) -> tuple[tuple[int, ...], ...]:
    return as_rows(np.bincount(labels * size + top, minlength=size * size).reshape(size, size))


def _cells(labels: Array, top: Array, size: int) -> tuple[tuple[int, ...], ...]:
    cells, counts = np.unique(labels * size + top, return_counts=True)
    order = np.argsort(-counts, kind="stable")[:_MOST_CELLS]
    return as_rows(np.stack([cells[order] // size, cells[order] % size, counts[order]], axis=1))


def as_rows(matrix: Array) -> tuple[tuple[int, ...], ...]:
    """Returns a matrix of integers as tuples, a row each."""
    return tuple(map(tuple, matrix.tolist()))


def _tickets(count: int) -> int:
    """Returns the reading end of a pipe that holds the numbers 0 to `count - 1`, four bytes each, then ends.

    Reads of a few bytes from a pipe are whole, so that workers share it without a lock.
    """
    reading, writing = os.pipe()
    os.write(writing, b"".join(_NUMBER.pack(number) for number in range(count)))
    os.close(writing)
    return reading


def _gather(children: Sequence[Child[None]], take: Callable[[object], None]) -> None:
    busy = list(children)
    while busy:
        for child in select.select(busy, [], [])[0]:
            if not child.receive(take):
                busy.remove(child)
