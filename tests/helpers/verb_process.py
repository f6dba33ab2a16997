"""Verbs in processes of their own, as tests of several verbs run them."""

import subprocess
import sys


def check_mistake(verb, arguments, folder):
    """Runs a verb with a mistake: one line, status 1, nothing written to `folder`, and TensorFlow never loaded."""
    code = (
        "import runpy, sys\n"
        f"sys.argv = [{verb!r}, *{arguments!r}]\n"
        "try:\n"
        f"    runpy.run_module('tfl_lite_suite.{verb}', run_name='__main__', alter_sys=True)\n"
        "finally:\n"
        "    assert 'tensorflow' not in sys.modules\n"
    )
    child = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=folder, check=False)
    assert child.returncode == 1, child.stderr
    assert len(child.stderr.strip().splitlines()) == 1 and child.stderr.startswith("error: ")
    assert not list(folder.iterdir())


def run_without_tensorflow(verb, *arguments, timeout=120):
    """Runs a verb; returns its exit status, having seen that TensorFlow was never loaded."""
    code = (
        "import sys, runpy, atexit, os\n"
        "atexit.register(lambda: os.write(2, b'TF' if 'tensorflow' in sys.modules else b'none'))\n"
        f"runpy.run_module('tfl_lite_suite.{verb}', run_name='__main__', alter_sys=True)"
    )
    command = [sys.executable, "-c", code, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=timeout, check=False)
    assert done.stderr.endswith("none"), done.stderr
    return done.returncode
