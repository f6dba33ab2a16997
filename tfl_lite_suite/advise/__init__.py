"""Ranks networks, widths, resolutions and compressions that meet a device's limits. Never imports TensorFlow."""

import dataclasses
import pathlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

from tfl_lite_suite.advise.result import Advice, DeviceUsed, Rejected

if TYPE_CHECKING:
    from tfl_lite_suite.advise.devices import Device
    from tfl_lite_suite.report.recorded_run import FinishedRun

# What must not slow down --help (NumPy, YAML) is imported where it is used.

_RESULTS = pathlib.Path(__file__).with_name("results")


def advise(
    limits: dict[str, float],
    priority: str,
    *,
    device: str | None = None,
    data: str = "imagenet",
    classes: int = 1000,
    workdirs: Sequence[str] = (),
) -> Advice:
    """Judges everything that is known.

    Args:
        limits: By name, as in `choice.FIGURE`.
        priority: As for `choice.weights`.
        device: A JSON file of `benchmark` or `tools/measure_device.py`; what was measured here, if absent.
        data: The data set whose accuracy counts.
        classes: Number of classes.
        workdirs: Work folders of finished runs, beside the results that ship with the package.

    Raises:
        SuiteError: If a file or a work folder is not what it should be.
    """
    from tfl_lite_suite.advise import candidates, choice, presentation
    from tfl_lite_suite.report import recorded_run

    goals, of = choice.weights(priority), _device(device)
    records = [recorded_run.read_record(path) for path in sorted(_RESULTS.glob("*.json"))]
    runs = [recorded_run.read(folder) for folder in workdirs] + [record for record in records if record]
    micro = any(limit in limits for limit in choice.MICRO)
    found = candidates.Catalogue(data, classes, of.latency, runs, of.name, micro).candidates()
    verdicts = choice.judge(found, limits)
    fitting, unknown, rejected = choice.divide(verdicts)
    ranked = choice.rank(fitting, goals)
    error = of.latency.errors if of.latency else {}
    return Advice(
        choices=tuple(dataclasses.replace(presentation.describe(one), score=score) for score, one in ranked),
        rejected=tuple(Rejected(verdict.candidate.name, "; ".join(verdict.broken.values())) for verdict in rejected),
        unmeasured=tuple(presentation.describe(one) for _, one in choice.rank(unknown, goals)),
        relax=() if fitting else tuple(choice.relaxations(verdicts, limits)),
        limits=limits,
        priority=goals,
        data=data,
        classes=classes,
        device=DeviceUsed(of.name, error),
        notes=(*of.notes, *_data_notes(data, runs)),
    )


def _device(path: str | None) -> "Device":
    from tfl_lite_suite.advise import devices
    from tfl_lite_suite.core.cache_folder import cache_folder
    from tfl_lite_suite.runtime import machine

    if path is not None:
        return devices.read(path)
    described = machine.describe()
    return devices.here(cache_folder() / "device.json", str(described["board"] or described["cpu"]))


def _data_notes(data: str, runs: Sequence["FinishedRun"]) -> list[str]:
    from tfl_lite_suite.advise import candidates

    if data == candidates.IMAGENET:
        return [
            "accuracy is what was published for ImageNet's 1,000 classes; on your own pictures it is another. "
            "advise --data=… takes a data set that was measured here"
        ]
    if any(candidates.same_data(run, data) for run in runs):
        return []
    return [f"nothing was ever measured on '{data}'. Run a recipe on it, then advise --workdir=FOLDER"]


def show(found: Advice) -> str:
    """Returns the ranking as text."""
    from tfl_lite_suite.advise import presentation

    return presentation.show(found)
