import os
import stat
import sys

import pytest
import tflite_samples

from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.lint import process

TARGET = "tflite_runtime-2.14"


@pytest.fixture
def model(tmp_path):
    path = tmp_path / "x.tflite"
    path.write_bytes(tflite_samples.int8_classifier())
    return path


def python_that(monkeypatch, tmp_path, script):
    """Puts a script in the place of the children's Python."""
    path = tmp_path / "python"
    path.write_text(f"#!{sys.executable}\n{script}")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setattr(sys, "executable", str(path))


def test_a_sound_model_runs_on_every_installed_runtime(model):
    report = process.run(model, TARGET, trial=True)
    assert report.trials and all(trial.ok for trial in report.trials)
    assert not {"crashes_runtime", "refused_by_runtime"} & {problem.code for problem in report.problems}


def test_without_a_trial_nothing_is_loaded(model):
    assert process.run(model, TARGET, trial=False).trials == ()


def test_a_model_that_the_runtime_refuses(tmp_path):
    graph = tflite_samples.Graph()
    a, b = graph.tensor("a", (1, 4)), graph.tensor("b", (1, 4))
    graph.operator("CUSTOM", [a], [b], custom=b"Mine")
    path = tmp_path / "x.tflite"
    path.write_bytes(graph.bytes([a], [b]))
    report = process.run(path, TARGET, trial=True)
    refusals = [problem for problem in report.problems if problem.code == "refused_by_runtime"]
    assert len(refusals) == len(report.trials) and "Mine" in refusals[0].message


def test_a_wrong_file_is_one_line(tmp_path):
    path = tmp_path / "x.tflite"
    path.write_bytes(tflite_samples.int8_classifier()[:500])
    with pytest.raises(SuiteError, match=r"x\.tflite: not a whole TensorFlow Lite file"):
        process.run(path, TARGET, trial=True)


def test_an_analysis_that_crashes(monkeypatch, model, tmp_path):
    python_that(monkeypatch, tmp_path, "import os; os.abort()")
    with pytest.raises(SuiteError, match="was killed by SIGABRT"):
        process.run(model, TARGET, trial=False)


def test_an_analysis_that_does_not_end(monkeypatch, model, tmp_path):
    python_that(monkeypatch, tmp_path, "import time; time.sleep(60)")
    monkeypatch.setattr(process, "_WALL", 0.05)
    with pytest.raises(SuiteError, match=r"did not end within 6 s of the processor"):
        process.run(model, TARGET, trial=False)


def test_an_analysis_that_takes_too_much_of_the_processor(monkeypatch, model, tmp_path):
    python_that(monkeypatch, tmp_path, "import os, signal; os.kill(os.getpid(), signal.SIGXCPU)")
    with pytest.raises(SuiteError, match="did not end within 6 s of the processor"):
        process.run(model, TARGET, trial=False)


def test_a_model_that_kills_the_runtime(monkeypatch, model, tmp_path):
    real = sys.executable
    script = (
        "import os, sys\n"
        f"if 'analyse' in sys.argv: os.execv({real!r}, [{real!r}, *sys.argv[1:]])\n"
        "print('load\\nallocate\\ninvoke', flush=True)\n"
        "os.kill(os.getpid(), 11)\n"
    )
    python_that(monkeypatch, tmp_path, script)
    report = process.run(model, TARGET, trial=True)
    crash = next(problem for problem in report.problems if problem.code == "crashes_runtime")
    assert crash.severity == "error" and "running it on" in crash.message and "SIGSEGV" in crash.message
    assert not any(trial.ok for trial in report.trials)


def test_a_named_pipe_does_not_block(tmp_path):
    path = tmp_path / "pipe"
    os.mkfifo(path)
    with pytest.raises(SuiteError, match=r"expected a \.tflite file"):
        process.run(path, TARGET, trial=False)
