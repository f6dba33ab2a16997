import os
import signal
import subprocess
import sys
import time

import pytest

from tfl_lite_suite.search import trial_process
from tfl_lite_suite.search.study import Failed


def test_a_failed_run_says_its_last_line(tmp_path):
    (tmp_path / "r.yaml").write_text("name: x\n")
    with pytest.raises(Failed, match="^data: missing"):
        trial_process.run(tmp_path / "r.yaml", tmp_path / "work", lambda: None)


def test_a_check_that_raises_ends_the_run_and_frees_the_folder(tmp_path):
    def check():
        raise TimeoutError

    (tmp_path / "r.yaml").write_text("name: x\n")
    with pytest.raises(TimeoutError):
        trial_process.run(tmp_path / "r.yaml", tmp_path / "work", check)
    with trial_process.locked(tmp_path / "work", check):
        pass


def test_a_child_keeps_the_folder_when_its_parent_is_killed(tmp_path):
    code = (
        "import pathlib, subprocess, sys\nfrom tfl_lite_suite.search import trial_process\n"
        "with trial_process.locked(pathlib.Path(sys.argv[1])) as lock:\n"
        "    child = subprocess.Popen(['sleep', '60'], pass_fds=(lock,))\n"
        "    print(child.pid, flush=True)\n    child.wait()\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    child = int(parent.stdout.readline())
    parent.kill()
    parent.wait()
    calls = []

    def check():
        calls.append(time.monotonic())
        if len(calls) == 3:
            os.kill(child, signal.SIGKILL)

    with trial_process.locked(tmp_path, check):
        assert len(calls) >= 3
