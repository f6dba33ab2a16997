import os
import subprocess
import sys

import pytest

from tfl_lite_suite.core import own_modules
from tfl_lite_suite.core.errors import SuiteError


def write(folder, *places):
    for place in places:
        (folder / place).parent.mkdir(parents=True, exist_ok=True)
        (folder / place).write_text("")
    return folder


def test_folders_come_after_those_of_the_suite(tmp_path, monkeypatch):
    one = write(tmp_path / "one", "run/stages/a.py", "runtime/engines/b.py")
    two = write(tmp_path / "two", "runtime/engines/c.py", "export/d/exporter.py")
    monkeypatch.setenv(own_modules.VARIABLE, os.pathsep.join([str(one), str(two)]))
    own_modules.check()
    assert own_modules.extended(["x"], "runtime/engines") == ["x", f"{one}/runtime/engines", f"{two}/runtime/engines"]
    assert own_modules.extended(["x"], "run/stages") == ["x", f"{one}/run/stages"]
    monkeypatch.delenv(own_modules.VARIABLE)
    assert own_modules.extended(["x"], "runtime/engines") == ["x"]


@pytest.mark.parametrize(
    ("place", "message"),
    [
        ("runtime/engine/mine.py", "no module in '.*own'. Expected some in its folders export, models/arch"),
        ("runtime/engines/litert.py", "'.*own/runtime/engines/litert.py' has the name of a module of the suite"),
        ("export/onnx/exporter.py", "'.*own/export/onnx/exporter.py' has the name of a module"),
    ],
)
def test_what_would_be_ignored_is_refused(tmp_path, monkeypatch, place, message):
    monkeypatch.setenv(own_modules.VARIABLE, str(write(tmp_path / "own", place)))
    with pytest.raises(SuiteError, match=f"^TFL_LITE_SUITE_MODULES: {message}"):
        own_modules.check()


def test_a_verb_refuses_a_folder_that_is_not_there():
    command = [sys.executable, "-m", "tfl_lite_suite.summary"]
    environment = {**os.environ, own_modules.VARIABLE: "/nowhere"}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "error: TFL_LITE_SUITE_MODULES: no such folder '/nowhere'\n"
