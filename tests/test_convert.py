import subprocess
import sys

import pytest


@pytest.mark.parametrize(
    "flag",
    [
        [],
        ["--model=mobilnet_v2", "--output=x.tflite"],
        ["--model=no.keras", "--output=x.tflite"],
        ["--model=vgg16", "--output=x.tflite", "--scheme=int4"],
    ],
)
def test_mistakes_are_one_line_before_tensorflow_loads(flag, tmp_path):
    code = (
        "import runpy, sys\n"
        f"sys.argv = ['convert', *{flag!r}]\n"
        "try:\n"
        "    runpy.run_module('tfl_lite_suite.convert', run_name='__main__', alter_sys=True)\n"
        "finally:\n"
        "    assert 'tensorflow' not in sys.modules\n"
    )
    child = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, check=False)
    assert child.returncode == 1, child.stderr
    assert len(child.stderr.strip().splitlines()) == 1 and child.stderr.startswith("error: ")
    assert not list(tmp_path.iterdir())
