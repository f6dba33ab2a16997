"""Results as the verbs give them, made up: whole, so that only what a test is about has to be said."""

from tfl_lite_suite.benchmark.result import Device, InputTensor, Latency, Measurement, StageTimes
from tfl_lite_suite.run.result import EvaluatedFile, LintedFile, TimedFile
from tfl_lite_suite.run.stage_results import Change, LedgerRow


def evaluated(name="int8_ptq", **more) -> EvaluatedFile:
    """Returns an evaluation of 12 pictures."""
    plain = {"engine": "litert", "engine_version": "2.3", "model": f"{name}.tflite", "model_bytes": 1000}
    plain |= {"n": 12, "top1": 0.75, "top5": 1.0, "ties": 0, "warnings": (), "threads": 1, "workers": 1, "skipped": 0}
    plain |= {"seconds": {"preparing": 1.0, "running": 1.0}, "images_per_s": 6.0}
    return EvaluatedFile(name=name, **{**plain, **more})


def timed(name="int8_ptq", ms=1.25, **more) -> TimedFile:
    """Returns a measurement with a median of `ms`."""
    return TimedFile(name=name, **{**_timing(ms), "model": f"{name}.tflite", **more})


def measurement(ms=1.25, **more) -> Measurement:
    """Returns a measurement with a median of `ms`."""
    return Measurement(**{**_timing(ms), **more})


def _timing(ms):
    return {
        "model": "x.tflite",
        "engine": "litert",
        "engine_version": "2.3",
        "kernels": "default",
        "device": Device(cpu="quick", cores=2, os="Linux"),
        "target": "local",
        "threads": 1,
        "input": InputTensor((1, 4, 4, 1), "int8"),
        "warmup_runs": 3,
        "runs": 2,
        "latency_ms": Latency(ms, 0.0, ms, ms, ms, ms, ms, ms, (ms - 0.05, ms + 0.05)),
        "frames_per_s": 1000 / ms,
        "stages_ms": StageTimes(1.0, ms, 0.1, (480, 640)),
        "cold_start_ms": 100.0,
        "cold_start_parts_ms": {"process": 80.0, "runtime": 10.0, "model": 5.0, "first_inference": 5.0},
        "peak_rss_bytes": 50_000_000,
        "arena_bytes": None,
        "model_bytes": 4000,
        "energy_j": None,
        "energy_method": None,
        "load": {"others": 0.0, "waiting": 0.0, "steal": 0.0},
        "valid": True,
        "warnings": (),
        "seed": 0,
    }


def ledger_row(name="int8_ptq", runtime="litert 2.3", **more) -> LedgerRow:
    """Returns a row of the ledger, of 12 pictures."""
    return LedgerRow(name=name, runtime=runtime, **{"n": 12, "top1": 0.75, **more})


def change(points=-0.1, **more) -> Change:
    """Returns a change by `points`, with an interval of 10 points around it."""
    ends = (points - 0.05, points + 0.05)
    plain = {"gained": 1, "lost": 3, "points": points, "ci95": ends, "verdict": "loss" if ends[1] < 0 else "not shown"}
    return Change(**{**plain, **more})


def linted(name="int8_ptq", **more) -> LintedFile:
    """Returns a report on a file without operators."""
    plain = {"file": f"{name}.tflite", "file_bytes": 1000, "description": "", "target_runtime": "litert-2.1"}
    plain |= {"ops": (), "fully_int8": True, "float_ops": (), "min_runtime": "2.3.0", "contract": None, "labels": ()}
    plain |= {"metadata": None, "problems": (), "inputs": (), "outputs": (), "weight_bytes": 500, "arena_bytes": 100}
    plain |= {"arena_method": "planned", "macs": 0, "operators": (), "subgraphs": 1}
    plain["delegates"] = {}
    return LintedFile(name=name, **{**plain, **more})
