"""What could be chosen: networks at every width and resolution, with each figure's origin; nothing is guessed."""

import dataclasses
import functools
import json
import os
import pathlib
from collections.abc import Iterable, Sequence

from tfl_lite_suite.advise.latency_model import LatencyModel
from tfl_lite_suite.advise.result import Figure
from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.core.schemes import COSTED_SCHEMES
from tfl_lite_suite.core.types import JsonObject
from tfl_lite_suite.models.weights import published as weights
from tfl_lite_suite.report.recorded_run import FinishedRun, Measured
from tfl_lite_suite.summary import costs
from tfl_lite_suite.summary.costs import Size

IMAGENET = "imagenet"
_PUBLISHED = pathlib.Path(__file__).with_name("published.json")
# Resident memory of LiteRT's process: Python and the runtime, the file and a packed copy of its weights, the arena.
# Fitted to 71 measurements of twelve networks on x86-64, which it meets within 8 %.
_PROCESS_BYTES, _OF_FILE, _OF_ARENA = 54_000_000, 2, 2
_MOST_NOTES = 2
_KERNELS = "interpreter and kernels come on top"


@dataclasses.dataclass(frozen=True)
class Candidate:
    """Something that could be deployed.

    Attributes:
        size: The network.
        compression: `float32`, `int8`, or the name of the file that was measured.
        scheme: `float32` or `int8`.
        figures: `top1`, `ms`, `bytes`, `memory`, `joules`, as far as they are known; `arena` and `flash`, of int8 files
            for microcontrollers, if asked for.
        recipe: The recipe that made it; empty where it was never made here.
        notes: What else is known.
    """

    size: Size
    compression: str
    scheme: str
    figures: dict[str, Figure]
    recipe: str = ""
    notes: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """What it is called."""
        return f"{self.size}, {self.compression.replace('_', ' ')}"

    def value(self, figure: str) -> float | None:
        """Returns a figure's number, `None` where it is not known."""
        return self.figures[figure].value if figure in self.figures else None


def published() -> list[JsonObject]:
    """Returns ImageNet's figures: `network`, `alpha`, `resolution`, `top1`, `source`, for int8 `scheme`."""
    return list(json.loads(_PUBLISHED.read_text(encoding="utf-8"))["figures"])


class Catalogue:
    """Gathers candidates for one data set, one device and a number of classes."""

    def __init__(
        self,
        data: str,
        classes: int,
        latency: LatencyModel | None,
        runs: Sequence[FinishedRun],
        device: str = "",
        micro: bool = False,
    ) -> None:
        """Takes what is known.

        Args:
            data: The data set whose accuracy counts: `imagenet`, or `data.source` of a recipe that was run.
            classes: Number of classes.
            latency: Predicts latency on the device, if anything was measured there.
            runs: Finished runs.
            device: The device, as `Device.name` has it; latency that a run measured on it counts.
            micro: Whether it is a microcontroller, of which arena and flash count.
        """
        self._data, self._classes, self._latency = data, classes, latency
        self._runs, self._device, self._micro = runs, device, micro

    def candidates(self) -> list[Candidate]:
        """Returns every candidate, those with a known accuracy first."""
        made = list(self._made())
        known = {(candidate.size, candidate.scheme) for candidate in made}
        new = [
            self._new(size, scheme)
            for size in costs.sizes()
            for scheme in COSTED_SCHEMES
            if (size, scheme) not in known
        ]
        return [*made, *sorted(new, key=lambda candidate: "top1" not in candidate.figures)]

    def _made(self) -> Iterable[Candidate]:
        """Returns the files of finished runs on this data."""
        for run in self._runs:
            size = size_of(run)
            if size is None or not same_data(run, self._data):
                continue
            best: dict[str, Measured] = {}
            for model in run.models():
                if model.scheme in COSTED_SCHEMES and model.top1 is not None:
                    old = best.get(model.name)
                    if old is None or (model.ms or 1e9) < (old.ms or 1e9):
                        best[model.name] = model
            yield from (self._of_file(run, size, model) for model in best.values())

    def _of_file(self, run: FinishedRun, size: Size, model: Measured) -> Candidate:
        where = f"{run.title} on {model.runtime}"
        assert model.scheme is not None and model.top1 is not None
        top1 = Figure(model.top1, "measured", f"{model.n or '?'} test images of {_data_of(run)}, {where}")
        figures = {"top1": top1}
        if model.file_bytes:
            figures["bytes"] = Figure(model.file_bytes, "measured", f"the file of {run.title}")
        timing = model.timing
        if timing and timing.peak_rss_bytes:
            figures["memory"] = Figure(timing.peak_rss_bytes, "measured", f"whole process, {where}")
        if timing and timing.energy_j:
            figures["joules"] = Figure(timing.energy_j, "measured", where)
        notes: tuple[str, ...] = ()
        if timing and timing.device.name == self._device:
            unsteady = "" if timing.valid else "; the machine was busy"
            how = f"{where}, {timing.threads} threads{unsteady}"
            figures["ms"] = Figure(timing.latency_ms.p50, "measured", how)
        elif model.name.startswith(("prune", "quantize_")) and self._latency:
            notes = ("latency is predicted for the whole network; the pruned one is faster",)
        figures |= {key: figure for key, figure in self._costs(size, model.scheme).items() if key not in figures}
        if "flash" in figures and model.file_bytes:
            figures["flash"] = dataclasses.replace(figures["bytes"], source=f"{figures['bytes'].source}; {_KERNELS}")
        return Candidate(size, model.name, model.scheme, figures, run.recipe_text, notes)

    def _new(self, size: Size, scheme: str) -> Candidate:
        """Returns a network that was not run on this data."""
        figures, notes = self._costs(size, scheme), []
        origin = weights.origin(size.network, size.alpha, size.resolution)
        # The accuracy of weights that the suite cannot load is out of reach.
        found = [row for row in published() if self._data == IMAGENET and origin and _same(row, size)]
        own = next((row for row in found if row.get("scheme", "float32") == scheme), None)
        row = own or next(iter(found), None)
        if row:
            as_float = "" if own else "float32; int8 was not published: "
            figures["top1"] = Figure(row["top1"], "published", f"ImageNet, {as_float}{row['source']}")
        if row:
            notes.append(f"its ImageNet weights come from {origin}")
        if scheme == "int8":
            notes += self._losses.get(size.network, [])[:_MOST_NOTES]
        return Candidate(size, scheme, scheme, figures, "", tuple(notes))

    def _costs(self, size: Size, scheme: str) -> dict[str, Figure]:
        try:
            cost = costs.cost(size, self._classes)
        except SuiteError:
            return {}
        file = cost.file_bytes(scheme)
        figures = {"bytes": Figure(file, "estimated", f"{cost.weights:,} weights, {cost.channels:,} channels")}
        memory = _PROCESS_BYTES + _OF_FILE * file + _OF_ARENA * cost.arena_bytes(scheme)
        figures["memory"] = Figure(memory, "estimated", "54 MB of the process, twice the file and largest activations")
        if self._micro and scheme == "int8":
            figures["flash"] = Figure(file, "estimated", f"the file; {_KERNELS}")
            how = "largest activations, 8 bytes a channel, 240 an operator; squeeze-and-excite may need 30 % more"
            figures["arena"] = Figure(cost.micro_arena_bytes, "estimated", how)
        prediction = self._latency.predict(size, scheme, self._classes) if self._latency else None
        if prediction:
            figures["ms"] = Figure(prediction.ms, "predicted", f"{prediction.engine}, {prediction.how}")
        return figures

    @functools.cached_property
    def _losses(self) -> dict[str, list[str]]:
        """What int8 cost a network where it was measured, in words."""
        found: dict[str, list[str]] = {}
        for run in self._runs:
            size, models = size_of(run), run.models()
            base = next((model for model in models if model.name == "float32" and model.top1 is not None), None)
            for name in ("int8_qat", "int8_ptq"):
                file = next((model for model in models if model.name == name and model.top1 is not None), None)
                if size and base and file and base.top1 is not None and file.top1 is not None:
                    points = 100 * (file.top1 - base.top1)
                    words = f"int8 ({name[5:]}) changed top-1 by {points:+.2f} points on {_data_of(run)} ({run.title})"
                    found.setdefault(size.network, []).append(words)
        return found


def size_of(run: FinishedRun) -> Size | None:
    """Returns the network of a run; `None` where its recipe does not say."""
    settings = run.settings()
    try:
        return Size(settings["model.name"], float(settings["model.alpha"]), int(settings["data.resolution"]))
    except (KeyError, TypeError, ValueError):
        return None


def same_data(run: FinishedRun, data: str) -> bool:
    """Returns whether a run's pictures are those that `data` names: by path, or by the folder's name."""
    own = _data_of(run)
    return own == data or os.path.basename(own.rstrip("/")) == os.path.basename(data.rstrip("/"))


def _data_of(run: FinishedRun) -> str:
    return str(run.settings().get("data.source", ""))


def _same(row: JsonObject, size: Size) -> bool:
    return (row["network"], row["alpha"], row["resolution"]) == (size.network, size.alpha, size.resolution)
