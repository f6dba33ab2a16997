import json
import subprocess
import sys

import numpy as np
import pytest
import quadrant_models
from PIL import Image

from tfl_lite_suite.core.contract import Contract
from tfl_lite_suite.tflite import metadata_writer

NAMES = ("north_west", "north_east", "south_west", "south_east")


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    folder = tmp_path_factory.mktemp("explain")
    of = Contract(16, 16, 1, 16, 16, labels=NAMES)
    (folder / "m.tflite").write_bytes(metadata_writer.write(quadrant_models.quadrants(side=16), of, name="q"))
    pixels = np.full((16, 16), 20, np.uint8)
    pixels[:8, 8:] = 240
    Image.fromarray(pixels).save(folder / "p.png")
    return folder


def explain(place, *flags, model="m.tflite", picture="p.png"):
    command = [f"--model={place / model}", f"--picture={place / picture}", f"--output={place / 'o.png'}", *flags]
    return quadrant_models.verb("explain", *command)


def test_the_bright_quadrant_is_what_counts(place):
    done = explain(place, "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert (found["label"], found["answer"], found["method"]) == ("north_east", "north_east", "occlusion")
    assert np.argmax(np.array(found["map"])[:4, 4:].sum()) == 0 and np.argmax(found["map"]) % 8 >= 4
    assert Image.open(place / "o.png").size == (320, 320)
    other = json.loads(explain(place, "--json", "--label=south_west").stdout)
    assert (other["label"], other["answer"]) == ("south_west", "north_east")


@pytest.mark.parametrize(
    ("flags", "files", "message"),
    [
        (["--label=north"], {}, "--label: unknown class 'north'"),
        ([], {"picture": "/nowhere.png"}, "/nowhere.png"),
        ([], {"model": "x.onnx"}, "expected a .tflite file"),
        (["--engine=onnxruntime"], {}, "--engine"),
    ],
)
def test_a_mistake_is_one_line_and_status_1(place, flags, files, message):
    done = explain(place, *flags, **files)
    assert done.returncode == 1 and done.stdout == ""
    assert message in done.stderr and done.stderr.startswith("error: ") and done.stderr.count("\n") == 1


def test_tensorflow_is_not_needed(place):
    code = (
        "import sys; from tfl_lite_suite.explain import Explainer; Explainer(sys.argv[1]).explain(sys.argv[2]); assert "
    )
    command = [sys.executable, "-c", code + "'tensorflow' not in sys.modules", place / "m.tflite", place / "p.png"]
    assert subprocess.run(command, check=False).returncode == 0
