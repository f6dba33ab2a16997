"""The Python API: every example of its documentation, in a process that has loaded TensorFlow with Keras 3 before."""

import json
import os
import re
import subprocess
import sys
import textwrap

import leaves
import pytest
from places import ROOT

# The page trains a network and writes its file; the examples of the docstrings look at the same.
BEFORE = """
import tensorflow, keras
assert tensorflow.keras.__version__.startswith("3.")
import numpy, PIL.Image
"""
DOCTESTS = """
import doctest, inspect
model.save("leaf.keras")
names = dict(tls=tls, numpy=numpy, PIL=PIL, images=images, model=model)
finder, runner = doctest.DocTestFinder(), doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
without = []
for name in ["", *(name for name in tls.__all__ if name != "__version__")]:
    found = getattr(tls, name) if name else tls
    tests = finder.find(found, name or "tfl_lite_suite", module=False, globs=dict(names))
    # The module's members are found under their own names.
    tests = tests if name else tests[:1]
    if name:
        public = [test for test in tests if not test.name.rpartition(".")[2].startswith("_")]
        members = vars(found) if inspect.isclass(found) else {}
        properties = {f"{name}.{key}" for key, value in members.items() if not callable(getattr(found, key))}
        without += [test.name for test in public if not test.examples and test.name not in properties]
        without += [] if public else [name]
    for test in tests:
        if test.examples:
            runner.run(test)
print(f"{runner.summarize(verbose=False)} {without}")
"""


def run(code, folder):
    # A test before this one may have chosen Keras 2 for this process and its children.
    environment = {key: value for key, value in os.environ.items() if key != "TF_USE_LEGACY_KERAS"}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, cwd=folder, env=environment, timeout=1800)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def page_blocks():
    page = (ROOT / "docs" / "python.md").read_text(encoding="utf-8")
    return [textwrap.dedent(block) for block in re.findall(r"```python\n(.*?)```", page, re.DOTALL)]


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    """A folder in which the page's code ran, then every docstring's example; and what was printed."""
    folder = tmp_path_factory.mktemp("leaves")
    leaves.write(folder)
    return folder, run("\n".join([BEFORE, *page_blocks(), DOCTESTS]), folder)


def test_the_page_s_code_runs_from_top_to_bottom(ran):
    assert len(page_blocks()) >= 6
    assert "oak" in ran[1].splitlines()


def test_every_public_name_has_an_example_that_holds(ran):
    printed = ran[1]
    assert printed.splitlines()[-1].startswith("TestResults(failed=0"), printed
    without = printed.rpartition("[")[2]
    assert without.strip() == "]", f"no example: {without}"


def test_the_notebook_runs(tmp_path):
    nbformat = pytest.importorskip("nbformat")
    nbclient = pytest.importorskip("nbclient")
    notebook = nbformat.read(ROOT / "examples" / "quickstart.ipynb", as_version=4)
    nbclient.NotebookClient(notebook, timeout=600, resources={"metadata": {"path": str(tmp_path)}}).execute()
    texts = [output.get("text", "") for cell in notebook.cells for output in cell.get("outputs", [])]
    assert "top-1" in "".join(texts)
    assert (tmp_path / "shapes.tflite").stat().st_size < 100_000


def test_importing_the_package_is_quick_and_loads_nothing(tmp_path):
    code = (
        "import sys\nbefore = set(sys.modules)\nimport tfl_lite_suite\n"
        "print(sorted({name.partition('.')[0] for name in set(sys.modules) - before} - sys.stdlib_module_names))\n"
        "assert 'load_images' in dir(tfl_lite_suite) and 'TfliteModel' in tfl_lite_suite.__all__\n"
        "try:\n    tfl_lite_suite.nothing\nexcept AttributeError as error:\n    print(error)\n"
    )
    first, second = run(code, tmp_path).splitlines()
    assert first == "['tfl_lite_suite']"
    assert second == "module 'tfl_lite_suite' has no attribute 'nothing'"


def test_verbs_in_one_process_do_not_clash(tmp_path):
    verbs = sorted(path.parent.name for path in (ROOT / "tfl_lite_suite").glob("*/__main__.py"))
    code = (
        f"import importlib, sys\nfor verb in {verbs}:\n    importlib.import_module('tfl_lite_suite.' + verb)\n"
        "from absl import flags\n"
        "print([name for name in flags.FLAGS.flags_by_module_dict() if name.startswith('tfl_lite_suite')])\n"
    )
    assert run(code, tmp_path).strip() == "[]"


def test_predict_needs_no_tensorflow_and_takes_every_kind_of_picture(ran):
    code = (
        "import sys, json, pathlib\n"
        "for name in ('tensorflow', 'tf_keras', 'keras', 'h5py'):\n    sys.modules[name] = None\n"
        "import numpy as np, PIL.Image\nimport tfl_lite_suite as tls\n"
        "image = PIL.Image.open('leaf.png')\n"
        "given = ['leaf.png', pathlib.Path('leaf.png'), open('leaf.png', 'rb').read(), image, np.asarray(image)]\n"
        "given += [np.asarray(image).astype('float32'), np.asarray(image.convert('RGBA')), image.convert('P')]\n"
        "answers = [tls.TfliteModel('leaf.tflite').predict(picture).document() for picture in given]\n"
        "print(json.dumps(answers))\n"
    )
    answers = json.loads(run(code, ran[0]))
    assert {answer["label"] for answer in answers} == {"oak"}
    assert all(answer == answers[0] for answer in answers[:7])
