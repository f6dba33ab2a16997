"""The protocol with `adb`, spoken with a scripted stand-in: no device ran this."""

import json
import os
import re
import sys

import pytest
import quadrant_models

from tfl_lite_suite.benchmark import text
from tfl_lite_suite.benchmark.job import Job
from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.runtime.targets import adb

# What the app's `Measurement` writes, shortened; the keys are checked against its source.
DOCUMENT = {
    "model": "/data/local/tmp/x.tflite",
    "engine": "tflite_android",
    "engine_version": "2.16.1",
    "kernels": "default",
    "device": {
        "machine": "aarch64",
        "board": "Maker Phone",
        "cpu": "SoC",
        "cores": 8,
        "usable_cores": 8,
        "os": "Android 14 (API 34)",
        "governor": None,
        "frequency_mhz": None,
        "temperature_c": None,
    },
    "target": "android_app",
    "threads": 2,
    "input": {"shape": [1, 4, 4, 1], "dtype": "int8"},
    "warmup_runs": 10,
    "runs": 2,
    "latency_ms": {
        **dict.fromkeys(("mean", "std", "min", "p50", "p90", "p95", "p99", "max"), 1.0),
        "ci95": [1.0, 1.0],
    },
    "frames_per_s": 1000.0,
    "stages_ms": {"preprocessing": 1.0, "inference": 1.0, "postprocessing": 0.1, "picture": [480, 640]},
    "cold_start_ms": None,
    "cold_start_parts_ms": {"process": None, "runtime": 1.0, "model": 1.0, "first_inference": 1.0},
    "peak_rss_bytes": None,
    "arena_bytes": None,
    "model_bytes": 768,
    "energy_j": None,
    "energy_method": None,
    "load": {"others": None, "waiting": None, "steal": None},
    "android": {"thermal_status_before": "none"},
    "valid": True,
    "warnings": [],
    "seed": 0,
    "raw_ms": [1.0, 1.0],
    "raw_ns": [1000000, 1000000],
}
STAND_IN = """
import json, os, pathlib, sys
state = pathlib.Path(__file__).parent / "state"
given = sys.argv[1:]
with open(state / "log", "a") as log:
    log.write(json.dumps(given) + "\\n")
serial = given[1] if given[0] == "-s" else None
command = given[2:] if serial else given
def end(text="", status=0):
    print(text, file=sys.stderr if status else sys.stdout)
    sys.exit(status)
if (state / "gone").exists():
    left = int((state / "gone").read_text())
    (state / "gone").write_text(str(left - 1)) if left > 1 else (state / "gone").unlink()
    end("adb: device offline", 1)
if (state / "failure").exists():
    end((state / "failure").read_text(), 1)
if command[0] == "push":
    (state / "pushed").write_bytes(pathlib.Path(command[1]).read_bytes())
    end("1 file pushed")
if command[0] == "pull":
    if not (state / "result").exists():
        end("adb: error: failed to stat remote object '" + command[1] + "': No such file or directory", 1)
    pathlib.Path(command[2]).write_bytes((state / "result").read_bytes())
    end()
assert command[0] == "shell" and len(command) == 2, command
line = command[1]
if line.startswith("pm path"):
    end("" if (state / "no_app").exists() else "package:/data/app/base.apk")
if line.startswith("am start"):
    if (state / "am_error").exists():
        end("Starting: Intent\\nError: Activity class does not exist.")
    if (state / "prepared").exists() and not (state / "waits").exists():
        (state / "prepared").rename(state / "result")
    end("Starting: Intent { cmp=org.tflitesuite.demo/.BenchmarkActivity }\\nStatus: ok")
if line.startswith("pidof"):
    if (state / "waits").exists():
        (state / "waits").unlink()
        (state / "prepared").rename(state / "result")
    end("" if (state / "crashed").exists() else "4711")
end()
"""


@pytest.fixture
def phone(tmp_path, monkeypatch):
    """A folder with an `adb` on the path, which notes every call in `state/log` and behaves as `state` says."""
    (tmp_path / "state").mkdir()
    (tmp_path / "stand_in.py").write_text(STAND_IN)
    program = tmp_path / "adb"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -S -E {tmp_path / "stand_in.py"} "$@"\n')
    program.chmod(0o755)
    (tmp_path / "state" / "prepared").write_text(json.dumps(DOCUMENT))
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setattr(adb, "_POLL_SECONDS", 0.01)
    return tmp_path / "state"


@pytest.fixture
def model(tmp_path):
    path = tmp_path / "-my model; $(touch owned).tflite"
    path.write_bytes(quadrant_models.quadrants(dtype="int8"))
    return path


def calls(phone):
    return [json.loads(line) for line in (phone / "log").read_text().splitlines()]


def benchmark(model, address="", **settings):
    with adb.Adb(address) as target:
        return target.benchmark(Job(str(model), adb.ENGINE, **settings))


def test_the_whole_protocol(phone, model):
    settings = {"threads": 2, "runs": 200, "min_seconds": 1.5, "seed": 7, "kernels": "nnapi"}
    found = benchmark(model, "emulator-5554", **settings)
    assert found.document() == DOCUMENT | {"model": str(model)}
    assert (phone / "pushed").read_bytes() == model.read_bytes()
    made = calls(phone)
    assert all(call[:2] == ["-s", "emulator-5554"] for call in made)
    remote, name = made[1][4], re.search(r"--es output (\w+)$", made[4][3])[1]
    assert re.fullmatch(r"/data/local/tmp/tfl_lite_suite_[0-9a-f]{16}\.tflite", remote)
    result = f"/sdcard/Android/data/org.tflitesuite.demo/files/benchmark/{name}.json"
    assert [call[2:] for call in made] == [
        ["shell", "pm path org.tflitesuite.demo || true"],
        ["push", str(model), remote],
        ["shell", f"chmod 644 {remote}"],
        ["shell", "input keyevent KEYCODE_WAKEUP"],
        [
            "shell",
            f"am start -W -n org.tflitesuite.demo/.BenchmarkActivity --es model {remote} --ei runs 200 "
            f"--ef min_seconds 1.5 --ei threads 2 --es delegate nnapi --ei seed 7 --es output {name}",
        ],
        ["pull", result, made[5][4]],
        ["shell", f"rm -f {result}"],
        ["shell", f"rm -f {remote}"],
    ]
    assert not os.path.exists(made[5][4])


def test_the_protocol_is_the_app_s():
    """The component, the extras and the delegates, as the app's sources have them."""
    folder = "android_demo/app/src/main/java/org/tflitesuite/demo"
    with open(f"{folder}/benchmark/BenchmarkRequests.java", encoding="utf-8") as file:
        extras = set(re.findall(r'static final String \w+ = "(\w+)";', file.read()))
    assert {"model", "runs", "min_seconds", "threads", "delegate", "seed", "output"} <= extras
    with open(f"{folder}/core/Delegate.java", encoding="utf-8") as file:
        delegates = dict(re.findall(r'^    \w+\("(\w+)", "(\w+)"\)', file.read(), re.MULTILINE))
    assert {kernels: name.lower() for name, kernels in delegates.items()} == adb.DELEGATES
    with open(f"{folder}/core/Measurement.java", encoding="utf-8") as file:
        assert set(re.findall(r'document\.put\("(\w+)"', file.read())) == set(DOCUMENT)
    with open("android_demo/app/src/main/AndroidManifest.xml", encoding="utf-8") as file:
        assert f'android:name="{adb.ACTIVITY.partition("/")[2]}"' in file.read()


def test_the_document_is_shown_and_documented(phone, model):
    assert "Maker Phone" in text.show(benchmark(model))
    with open("docs/benchmark_schema.md", encoding="utf-8") as file:
        assert set(DOCUMENT) <= set(re.findall(r"`(\w+)`", file.read()))


def test_no_operator_is_timed(phone, model):
    (phone / "prepared").write_text(json.dumps(DOCUMENT))
    with adb.Adb("") as target:
        found = target.benchmark(Job(str(model), adb.ENGINE, profile=True))
    assert found.document()["profile"] is None and list(found.warnings) == ["profile: not given by tflite_android"]


def test_one_push_for_a_sweep(phone, model):
    with adb.Adb("") as target:
        for threads in (1, 2):
            (phone / "prepared").write_text(json.dumps(DOCUMENT))
            target.benchmark(Job(str(model), adb.ENGINE, threads=threads))
    assert sum(call[0] == "push" for call in calls(phone)) == 1


def test_it_waits_for_the_result_and_for_a_device_that_went_away(phone, model):
    (phone / "waits").touch()
    with adb.Adb("") as target:
        target._push(str(model))
        begin = adb.Adb._run

        def away_after_start(self, *arguments):
            printed = begin(self, *arguments)
            if "am start" in arguments[-1]:
                (phone / "gone").write_text("4")
            return printed

        target._run = away_after_start.__get__(target)
        assert target.benchmark(Job(str(model), adb.ENGINE)).valid
    assert sum(call[0] == "pull" for call in calls(phone)) >= 3


@pytest.mark.parametrize(
    ("state", "content", "message"),
    [
        ("failure", "adb: no devices/emulators found", "no device. Plug one in"),
        ("failure", "adb: device unauthorized.", "has not accepted this computer"),
        ("failure", "adb: more than one device/emulator", "`target=adb:SERIAL`"),
        ("failure", "adb: device 'x' not found", "device 'x' not found"),
        ("no_app", "", "the app is not installed.*build_apk.sh"),
        ("am_error", "", "the app does not start: Error: Activity class does not exist"),
        ("prepared", '{"error": "unreadable: no"}', "could not measure '.*': unreadable: no"),
        ("prepared", "[1", "no JSON document"),
        ("crashed", "", "the app ended without a result"),
    ],
)
def test_what_goes_wrong_is_told(phone, model, monkeypatch, state, content, message):
    monkeypatch.setattr(adb, "_APP_START_SECONDS", 0.0)
    (phone / state).write_text(content)
    if state == "crashed":
        (phone / "prepared").unlink()
    with pytest.raises(SuiteError, match=message):
        benchmark(model)


@pytest.mark.parametrize("address", ["-x", "a b", "a;b", "$(id)", "a\nb", "é"])
def test_a_serial_number_is_one_word(address):
    with pytest.raises(SuiteError, match="expected adb or adb:SERIAL"):
        adb.Adb(address)


def test_what_the_app_cannot_do(model):
    target, job = adb.Adb(""), Job(str(model), adb.ENGINE)
    with pytest.raises(SuiteError, match="engine: the Android app has tflite_android only"):
        target.engines(["litert"])
    with pytest.raises(SuiteError, match="compare"):
        target.compare(job, job)
    with pytest.raises(SuiteError, match="sustain"):
        target.benchmark(job, curve=True)
    with pytest.raises(SuiteError, match="only benchmark measures there"):
        target.evaluate(str(model), {}, None, {}, [])
    with pytest.raises(SuiteError, match="wheels"):
        adb.Adb("", "wheels")


def test_without_adb(model, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SuiteError, match="no adb on the path"):
        adb.Adb("")._push(str(model))


def test_the_command_line(phone, model):
    done = quadrant_models.verb("benchmark", "--json", f"--model={model}", "--target=adb", "--kernels=gpu")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["engine"] == adb.ENGINE
    assert "--es delegate gpu" in next(call[1] for call in calls(phone) if "am start" in call[1])
    for flag in ("--kernels=reference", "--engine=litert"):
        done = quadrant_models.verb("benchmark", "--json", f"--model={model}", "--target=adb", flag)
        assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
