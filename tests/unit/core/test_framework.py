import os
import subprocess
import sys

import pytest

FAKE_TENSORFLOW = (
    "import os, types\n__version__ = '{version}'\nconfig = types.SimpleNamespace(list_physical_devices=list)\n"
    "os.write(2, b'noise from C\\n')\n"
)


@pytest.fixture
def run(tmp_path):
    """Runs code beside stand-ins for TensorFlow and tf-keras, for the real ones take long to load."""

    def install(name, version, source):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text(source)
        info = tmp_path / f"{name}-{version}.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")

    def run(code, tensorflow="2.21.3", tf_keras="2.21.0", tensorflow_source=FAKE_TENSORFLOW):
        install("tensorflow", tensorflow, tensorflow_source.format(version=tensorflow))
        install("tf_keras", tf_keras, "from unittest import mock\nbackend = mock.Mock()\n")
        (tmp_path / "keras.py").touch()
        return subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONPATH": str(tmp_path)},
            capture_output=True,
            text=True,
            check=False,
        )

    return run


VERB = (
    "import sys\nfrom tfl_lite_suite.core import command_line as cli\nsys.argv = ['verb', '--json']\n"
    "def main():\n    from tfl_lite_suite.core.framework import tf\n    return tf.__version__\n"
    "cli.run_verb('verb', 'Loads TensorFlow.', main, str)\n"
)


def test_versions_that_fit_load_quietly(run):
    done = run(VERB)
    assert (done.returncode, done.stdout, done.stderr) == (0, '"2.21.3"\n', "")


def test_keras_2_is_chosen_before_tensorflow_loads(run):
    source = FAKE_TENSORFLOW + "assert os.environ['TF_USE_LEGACY_KERAS'] == '1'\n"
    done = run(
        "import tfl_lite_suite.core.framework, os; print(os.environ['TF_USE_LEGACY_KERAS'])", tensorflow_source=source
    )
    assert done.stdout == "1\n", done.stderr


def test_versions_that_do_not_fit_are_one_line(run):
    done = run(VERB, tf_keras="2.19.1")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        "error: tf-keras 2.19.1 does not fit TensorFlow 2.21.3: install tf-keras 2.21.*, "
        "or run python -m tfl_lite_suite.doctor\n"
    )


def test_without_tensorflow_the_line_says_what_to_install(run):
    done = run(VERB, tensorflow_source="raise ImportError('libfoo.so: no such\\n file')\n")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        "error: this command needs TensorFlow and tf-keras: libfoo.so: no such file. "
        "Install them with: pip install 'tfl-lite-suite[host]'\n"
    )


def test_tensorflow_of_a_notebook_keeps_its_keras():
    """The real packages: Keras 3 is loaded first, stays `tf.keras`, and quantization-aware training works beside it."""
    code = (
        "import tensorflow as tf, keras, numpy as np\n"
        "from tfl_lite_suite import models\n"
        "from tfl_lite_suite.quantize.qat.fake_quantization import quantization_aware\n"
        "network = models.build('micro', (16, 16, 1), 3, alpha=0.25)\n"
        "aware = quantization_aware(network, np.arange(4 * 256, dtype=np.uint8).reshape(4, 16, 16, 1))\n"
        "assert aware.count_params() and tf.keras.__version__.startswith('3.') and tf.keras.Model is keras.Model\n"
    )
    # A test before this one may have chosen Keras 2 for this process and its children.
    environment = {key: value for key, value in os.environ.items() if key != "TF_USE_LEGACY_KERAS"}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, done.stderr


def test_the_installed_versions_fit():
    """The real ones: `keras` is tf-keras, and `import keras` stays Keras 3."""
    code = (
        "from tfl_lite_suite.core.framework import keras, tf\n"
        "assert keras.__name__ == 'tf_keras' and tf.keras.Model is keras.Model\n"
        "import keras as newer\nassert newer.__version__.startswith('3.')\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""


def test_an_optimized_python_that_keras_cannot_be_loaded_in_is_named(run, monkeypatch):
    monkeypatch.setenv("PYTHONOPTIMIZE", "2")
    done = run("import tfl_lite_suite.core.framework")
    assert done.returncode == 1 and "SuiteError: python -OO takes away docstrings" in done.stderr


def test_garbage_is_not_looked_for_in_what_was_loaded(run):
    counted = "import gc\nbefore = gc.get_freeze_count()\nimport tfl_lite_suite.core.framework\n"
    done = run(counted + "print(gc.isenabled(), gc.get_freeze_count() > before)")
    assert done.stdout == "True True\n", done.stderr
