import subprocess

import pytest

from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.runtime import fresh_network

SETTINGS = {"scheme": "int8", "resolution": 96}


@pytest.fixture
def converted(monkeypatch, tmp_path):
    """The commands run in place of `convert`, which then writes its output or fails."""
    commands = []

    def run(command, **options):
        commands.append(command)
        output = next(part.partition("=")[2] for part in command if part.startswith("--output="))
        if "--model=bad" in command:
            return subprocess.CompletedProcess(command, 1, "", "a progress line\nerror: no such thing\n")
        with open(output, "wb") as file:
            file.write(b"model")
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setenv("TFL_LITE_SUITE_CACHE", str(tmp_path))
    monkeypatch.setattr(fresh_network.subprocess, "run", run)
    return commands


def test_converts_once(converted, tmp_path):
    path = fresh_network.convert("mobilenet_v2", SETTINGS)
    assert path == fresh_network.convert("mobilenet_v2", SETTINGS)
    assert path.startswith(str(tmp_path)) and len(converted) == 1
    assert {"--model=mobilenet_v2", "--scheme=int8", "--resolution=96"} <= set(converted[0])
    assert fresh_network.convert("mobilenet_v2", {**SETTINGS, "resolution": 128}) != path


def test_a_failure_is_told_in_convert_s_words(converted):
    with pytest.raises(SuiteError, match="'bad' could not be converted: no such thing"):
        fresh_network.convert("bad", SETTINGS)
