import subprocess
import sys

from places import ROOT


def test_the_readme_shows_what_docs_results_holds():
    command = [sys.executable, str(ROOT / "tools" / "update_readme.py"), "--check"]
    child = subprocess.run(command, capture_output=True, text=True, check=False)
    assert child.returncode == 0, child.stderr
