import json
import signal
import subprocess
import sys

import pytest
import tflite_samples


def child(*arguments):
    command = [sys.executable, "-m", "tfl_lite_suite.lint.child", *map(str, arguments), "6"]
    shown = subprocess.run(command, capture_output=True, text=True)
    assert shown.returncode == 0
    return json.loads(shown.stdout.rsplit("\n", 1)[-1]), shown.stdout


@pytest.fixture
def model(tmp_path):
    path = tmp_path / "x.tflite"
    path.write_bytes(tflite_samples.int8_classifier())
    return path


def test_analysis_ends_with_one_line_of_json(model):
    assert child("analyse", "litert-2.1", model)[0]["fully_int8"] is True


def test_errors_are_json_too(tmp_path):
    assert "No such file" in child("analyse", "litert-2.1", tmp_path / "none.tflite")[0]["error"]


def test_a_trial_tells_its_phases(model):
    pytest.importorskip("ai_edge_litert")
    result, text = child("trial", "ai_edge_litert", model)
    assert result == {} and text.split()[:3] == ["load", "allocate", "invoke"]


def test_the_processors_time_is_limited(model):
    endless = "from tfl_lite_suite.lint import analysis, child\nfrom itertools import count\n"
    endless += (
        f"analysis.analyse = lambda *given: max(count())\nchild.main('analyse', 'litert-2.1', {str(model)!r}, '1')"
    )
    assert subprocess.run([sys.executable, "-c", endless]).returncode == -signal.SIGXCPU
