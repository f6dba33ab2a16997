import json
import multiprocessing
import os
import re
import time

import numpy as np
import pytest
import quadrant_models
from verb_process import run_without_tensorflow

from tfl_lite_suite.runtime import engines

KEYS = (
    "engine engine_version device threads warmup_runs runs latency_ms raw_ms cold_start_ms peak_rss_bytes model_bytes "
    "energy_j valid warnings energy_method raw_ns arena_bytes frames_per_s stages_ms kernels load"
).split()


@pytest.fixture
def model(tmp_path):
    path = tmp_path / "model.tflite"
    path.write_bytes(quadrant_models.quadrants(dtype="int8"))
    return path


def measured(done):
    """The document of a benchmark; on a busy machine it is there all the same."""
    assert done.returncode in (0, 3), done.stderr
    document = json.loads(done.stdout)
    documents = document if isinstance(document, list) else [document]
    assert (done.returncode == 0) == all(item["valid"] for item in documents)
    return document


@pytest.mark.parametrize("engine", engines.installed_for(""))
def test_one_document_with_every_key(model, engine):
    found = measured(quadrant_models.verb("benchmark", "--json", f"--model={model}", f"--engine={engine}", "--runs=70"))
    assert set(KEYS) <= set(found)
    assert (found["engine"], found["threads"], found["model_bytes"]) == (engine, 1, model.stat().st_size)
    assert found["runs"] == len(found["raw_ms"]) == len(found["raw_ns"]) >= 70
    assert found["warmup_runs"] >= 3
    times, latency = np.array(found["raw_ns"]) / 1e6, found["latency_ms"]
    assert np.allclose(times, found["raw_ms"])
    assert np.allclose([latency[key] for key in ("p50", "p90", "p95", "p99")], np.percentile(times, (50, 90, 95, 99)))
    assert np.allclose([latency["mean"], latency["min"], latency["max"]], [times.mean(), times.min(), times.max()])
    assert latency["std"] == pytest.approx(times.std(ddof=1))
    assert latency["ci95"][0] <= latency["p50"] <= latency["ci95"][1]
    assert found["frames_per_s"] == pytest.approx(1000 / latency["p50"])
    assert sum(found["cold_start_parts_ms"].values()) == pytest.approx(found["cold_start_ms"])
    assert found["stages_ms"]["preprocessing"] > 0 and found["stages_ms"]["postprocessing"] > 0
    assert found["peak_rss_bytes"] > 10e6
    assert (found["energy_j"] is None) == (found["energy_method"] is None)


def test_a_sweep_is_a_list(model):
    names = engines.installed_for("")
    flags = [f"--model={model}", f"--engine={','.join(names)}", "--threads=1,2", "--runs=5", "--min_seconds=0"]
    found = measured(quadrant_models.verb("benchmark", "--json", *flags))
    assert [(item["engine"], item["threads"]) for item in found] == [(name, n) for name in names for n in (1, 2)]


def test_text_for_people(model):
    done = quadrant_models.verb("benchmark", f"--model={model}", "--runs=5")
    assert done.returncode in (0, 3)
    for word in ("median", "mean ± σ", "min … max", "warm-up", "1 thread", "device", engines.default()):
        assert word in done.stdout


def test_builtin_kernels_tell_their_arena(model):
    found = measured(quadrant_models.verb("benchmark", "--json", f"--model={model}", "--kernels=builtin", "--runs=5"))
    assert found["arena_bytes"] >= 16


def test_the_time_of_each_operator(tmp_path):
    path = tmp_path / "wide.tflite"
    path.write_bytes(quadrant_models.quadrants(side=256))
    names = engines.installed()
    found = measured(
        quadrant_models.verb("benchmark", "--json", f"--model={path}", "--profile", f"--engine={','.join(names)}")
    )
    assert [item["engine"] for item in found] == names
    for item in found:
        if item["engine"] == "tflite_runtime":
            assert item["profile"] is None
            assert any("profile: not given by tflite_runtime" in line for line in item["warnings"])
            continue
        profile = item["profile"]
        assert sum(op["share"] for op in profile["operators"]) == pytest.approx(1)
        assert 5 <= profile["runs"] <= 50 and len(item["raw_ns"]) == item["runs"] >= 50
        total = sum(op["median_ns"] for op in profile["operators"])
        assert 0.2 < total / (1e6 * item["latency_ms"]["p50"]) < 5


def test_the_time_of_each_operator_for_people(tmp_path):
    path = tmp_path / "wide.tflite"
    path.write_bytes(quadrant_models.quadrants(side=256))
    done = quadrant_models.verb("benchmark", f"--model={path}", "--profile", "--engine=litert", "--runs=5")
    assert done.returncode in (0, 3)
    assert re.search(r"operators .* in \d: medians of \d+ runs of their own, by LiteRT's profiler", done.stdout)
    assert re.search(r"%\s+[\d.]+ \S+   Fully Connected \(NC, F32\) GEMM   mean0\n", done.stdout)


def test_comparison_of_two_files(model, tmp_path):
    other = tmp_path / "other.tflite"
    other.write_bytes(quadrant_models.quadrants(dtype="int8", copies=30))
    found = measured(quadrant_models.verb("benchmark", "--json", f"--compare={model},{other}", "--kernels=builtin"))
    assert [item["model"] for item in found["models"]] == [str(model), str(other)]
    assert found["rounds"] == len(found["round_ratios"]) == len(found["raw_ns"])
    assert found["ratio"] == pytest.approx(np.median(found["round_ratios"]))
    low, high = found["ratio_ci99"]
    # Thirty times the work: slower whatever else the machine does.
    assert 1 < low <= found["ratio"] <= high


def test_a_curve_over_time(model):
    found = measured(quadrant_models.verb("benchmark", "--json", f"--model={model}", "--sustain=1.5s"))
    assert len(found["curve"]) > 10
    assert found["curve"][-1]["seconds"] > 0.5
    assert sum(found["raw_ns"]) > 0.3e9


def _burn(seconds):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        pass


def test_load_on_every_core_makes_it_invalid(model):
    context = multiprocessing.get_context("spawn")
    burners = [context.Process(target=_burn, args=(60,), daemon=True) for _ in range(os.cpu_count() or 1)]
    for burner in burners:
        burner.start()
    try:
        time.sleep(1)
        done = quadrant_models.verb("benchmark", "--json", f"--model={model}", "--min_seconds=0.5")
    finally:
        for burner in burners:
            burner.kill()
    assert done.returncode == 3
    found = json.loads(done.stdout)
    assert found["valid"] is False
    assert "other processes" in " ".join(found["warnings"])
    assert found["load"]["others"] > 0.1
    assert done.stderr.startswith("error: measured, but it does not count") and done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ([], "--model: missing"),
        (["--model=missing.tflite"], "missing.tflite"),
        (["--model=mobilnet_v2"], "Did you mean 'mobilenet_v2'?"),
        (["--model={model}", "--engine=tflite"], "unknown engine 'tflite'. Did you mean"),
        (["--model={model}", "--target=moon:base"], "cannot measure on 'moon:base'"),
        (["--model={model}", "--wheels=x"], "--wheels: only a target"),
        (["--model={model}", "--target=local:x"], "local takes no address"),
        (["--compare={model}"], "--compare: expected two files"),
        (["--model={folder}/cut.tflite"], "cut.tflite"),
        (["--model={folder}/two.tflite"], "the model has 2 inputs"),
        (["--model={folder}/open.tflite"], "dynamic shape"),
    ],
)
def test_a_mistake_is_one_line_and_status_1(model, flags, message):
    folder = model.parent
    (folder / "cut.tflite").write_bytes(model.read_bytes()[:400])
    (folder / "two.tflite").write_bytes(quadrant_models.quadrants(inputs=2))
    (folder / "open.tflite").write_bytes(quadrant_models.quadrants(signature=[1, -1, -1, 1]))
    done = quadrant_models.verb("benchmark", "--json", *(flag.format(model=model, folder=folder) for flag in flags))
    assert done.returncode == 1 and done.stdout == ""
    assert message in done.stderr
    assert done.stderr.startswith("error: ") and done.stderr.count("\n") == 1


def test_tensorflow_is_never_imported(model):
    status = run_without_tensorflow("benchmark", f"--model={model}", "--runs=5")
    assert status in (0, 3)
