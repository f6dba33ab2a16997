import os
import subprocess
import sys

import numpy as np
from places import ROOT

from tfl_lite_suite.core import npz


def test_arrays_are_read_back(tmp_path):
    npz.write_arrays(tmp_path / "a.npz", {"one": np.arange(3), "two": "text"})
    with np.load(tmp_path / "a.npz", allow_pickle=False) as found:
        assert found["one"].tolist() == [0, 1, 2] and str(found["two"]) == "text"


def test_a_full_disk_leaves_nothing_that_complains_later(tmp_path):
    # A limit on the size of files fails in mid-write as a full disk does.
    code = """
import resource, numpy
from tfl_lite_suite.core import files, npz
resource.setrlimit(resource.RLIMIT_FSIZE, (5000, 5000))
try:
    with files.atomic_path("a.npz") as path:
        npz.write_arrays(path, {str(index): numpy.zeros(300) for index in range(9)})
except OSError as error:
    print(error.filename)
"""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    child = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
    )
    assert (child.stdout, child.stderr) == ("a.npz\n", "")
    assert not list(tmp_path.iterdir())
