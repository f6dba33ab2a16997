"""Ranks networks, widths, resolutions and compressions that keep a device's limits. Never imports TensorFlow."""

import pathlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from absl import flags

from tfl_lite_suite import cli

if TYPE_CHECKING:
    from tfl_lite_suite.advice.devices import Device
    from tfl_lite_suite.finished_run import FinishedRun

# What must not slow down --help (NumPy, YAML) is imported where it is used.

_RESULTS = pathlib.Path(__file__).resolve().parent.parent / "docs" / "results"


def advise(
    limits: dict[str, float],
    priority: str,
    *,
    device: str | None = None,
    data: str = "imagenet",
    classes: int = 1000,
    workdirs: Sequence[str] = (),
) -> dict[str, Any]:
    """Judges everything that is known.

    Args:
        limits: By name, as in `choice.FIGURE`.
        priority: As for `choice.weights`.
        device: A JSON file of `benchmark` or `tools/measure_device.py`; what was measured here, if absent.
        data: The data set whose accuracy counts.
        classes: Number of classes.
        workdirs: Work folders of finished runs, beside `docs/results/`.

    Returns:
        `choices` (`model`, `score`, `evidence`, `why`, `recipe`, …), `rejected` (`model`, `why`), `unmeasured` (what
        keeps every other limit, but whose accuracy nobody measured), `relax` (where nothing fits), `device`, `notes`.

    Raises:
        SuiteError: If a file or a work folder is not what it should be.
    """
    from tfl_lite_suite import finished_run
    from tfl_lite_suite.advice import candidates, choice, presentation

    goals, of = choice.weights(priority), _device(device)
    records = [finished_run.read_record(path) for path in sorted(_RESULTS.glob("*.json"))]
    runs = [finished_run.read(folder) for folder in workdirs] + [record for record in records if record]
    found = candidates.Catalogue(data, classes, of.latency, runs, of.name).candidates()
    verdicts = choice.judge(found, limits)
    fitting, unknown, rejected = choice.divide(verdicts)
    ranked = choice.rank(fitting, goals)
    return {
        "choices": [{"score": score, **presentation.describe(candidate)} for score, candidate in ranked],
        "rejected": [{"model": v.candidate.name, "why": "; ".join(v.broken.values())} for v in rejected],
        "unmeasured": [presentation.describe(candidate) for _, candidate in choice.rank(unknown, goals)],
        "relax": [] if fitting else choice.relaxations(verdicts, limits),
        "limits": limits,
        "priority": goals,
        "data": data,
        "classes": classes,
        "device": {"name": of.name, "latency_error": of.latency.errors if of.latency else {}},
        "notes": [*of.notes, *_data_notes(data, runs)],
    }


def _device(path: str | None) -> "Device":
    from tfl_lite_suite.advice import devices
    from tfl_lite_suite.runtime import fresh_network, machine

    if path is not None:
        return devices.read(path)
    described = machine.describe()
    return devices.here(fresh_network.cache_folder() / "device.json", str(described["board"] or described["cpu"]))


def _data_notes(data: str, runs: Sequence["FinishedRun"]) -> list[str]:
    from tfl_lite_suite.advice import candidates

    if data == candidates.IMAGENET:
        return [
            "accuracy is what was published for ImageNet's 1,000 classes; on your own pictures it is another. --data "
            "takes a data set that was measured here"
        ]
    if any(candidates.same_data(run, data) for run in runs):
        return []
    return [f"nothing was ever measured on '{data}'. Run a recipe on it and name its work folder with --workdir"]


def _limits() -> dict[str, float]:
    from tfl_lite_suite.advice import choice

    limits = {name: flags.FLAGS[name].value for name in choice.FIGURE if flags.FLAGS[name].value is not None}
    if flags.FLAGS.fps is not None:
        limits["max_ms"] = min(limits.get("max_ms", 1e9), 1000 / flags.FLAGS.fps)
    return limits


def _main() -> dict[str, Any]:
    from tfl_lite_suite import recipe
    from tfl_lite_suite.advice import presentation
    from tfl_lite_suite.results import atomic_path

    given = flags.FLAGS
    found = advise(
        _limits(),
        given.priority,
        device=given.device,
        data=given.data,
        classes=given.classes,
        workdirs=given.workdir,
    )
    texts = {given.html: presentation.page} | {given.output: lambda of: recipe.dump(presentation.recipe_for(of))}
    for path, text in texts.items():
        if path:
            with atomic_path(path) as temporary:
                temporary.write_text(text(found), encoding="utf-8")
    return found


def show(found: dict[str, Any]) -> str:
    """Returns the ranking as text."""
    from tfl_lite_suite.advice import presentation

    return presentation.show(found)


if __name__ == "__main__":
    flags.DEFINE_float("max_ms", None, "Greatest median latency of one picture, in milliseconds.", 0)
    flags.DEFINE_float("fps", None, "Least pictures a second, another way to say --max_ms.", 0.001)
    flags.DEFINE_integer("max_bytes", None, "Greatest size of the file.", 1)
    flags.DEFINE_integer("max_memory", None, "Greatest resident memory of the process, in bytes.", 1)
    flags.DEFINE_float("min_top1", None, "Least top-1 on the data that --data names, as a share.", 0, 1)
    flags.DEFINE_float("max_joules", None, "Greatest energy of one inference, in joules.", 0)
    flags.DEFINE_string("priority", "mobile", "inspection, surveillance, mobile, or weights: accuracy=0.5,latency=0.5.")
    flags.DEFINE_string("device", None, "Its JSON, of benchmark or tools/measure_device.py; this machine if absent.")
    flags.DEFINE_string("data", "imagenet", "Whose accuracy counts: imagenet, or the data of a recipe that was run.")
    flags.DEFINE_integer("classes", 1000, "Number of classes.", 2)
    flags.DEFINE_list("workdir", [], "Work folders of finished runs, separated by commas.")
    flags.DEFINE_string("output", None, "Write the recipe to run next.")
    flags.DEFINE_string("html", None, "Also write the ranking as a page with plots.")
    cli.run_verb("advise", __doc__, _main, show)
