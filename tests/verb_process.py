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
