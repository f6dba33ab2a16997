import shutil
import subprocess
import sys

import pytest
from places import ROOT

sys.path.insert(0, str(ROOT / "tools"))

import make_completion  # noqa: E402

SCRIPT = ROOT / "tools" / "completion.bash"


def completed(*words):
    """Returns what bash offers for the last of the words."""
    given = " ".join(f"'{word}'" for word in words)
    code = (
        f"source '{SCRIPT}'; COMP_WORDS=({given}); COMP_CWORD={len(words) - 1}; _tfl_lite_suite; "
        'printf "%s\\n" "${COMPREPLY[@]}"'
    )
    done = subprocess.run(["bash", "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.split()


def test_the_script_is_made_from_the_flags():
    assert SCRIPT.read_text() == make_completion.completion(), "run tools/make_completion.py"


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
def test_verbs_and_flags_are_completed():
    assert completed("python", "-m", "tfl_lite_suite.be") == ["tfl_lite_suite.benchmark"]
    assert completed("python", "-m", "tfl_lite_suite.report", "--o") == ["--output="]
    assert {"--recipe=", "--workdir=", "--json", "--help"} <= set(completed("python", "-m", "tfl_lite_suite.run", "--"))
    assert completed("python", "script.py", "--") == []
    assert completed("python", "-m", "tfl_lite_suite.run", "file") == []
