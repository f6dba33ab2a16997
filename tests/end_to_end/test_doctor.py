import json

import pytest
import quadrant_models

from tfl_lite_suite import doctor
from tfl_lite_suite.core import package_requirements
from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.doctor.pins import PINS


def problems(monkeypatch, **versions):
    """The problems of this environment, had it other versions; `None` for a missing package."""
    changed = {package.replace("_", "-"): version for package, version in versions.items()}
    real = package_requirements.installed_version
    monkeypatch.setattr(package_requirements, "installed_version", lambda package: changed.get(package, real(package)))
    monkeypatch.setattr(doctor, "_engine_problems", lambda: [])
    return {problem.code: problem for problem in doctor.examine().problems if problem.severity == "error"}


def test_this_environment_has_no_errors(monkeypatch):
    assert problems(monkeypatch) == {}


def test_numpy_2_beside_tflite_runtime(monkeypatch):
    found = problems(monkeypatch, numpy="2.1.0", tflite_runtime="2.14.0")
    assert "does not load with NumPy 2.1.0" in found["numpy_2"].message
    assert "numpy<2" in found["numpy_2"].fix


def test_tf_keras_of_another_minor(monkeypatch):
    found = problems(monkeypatch, tensorflow="2.21.0", tf_keras="2.19.0")
    assert "does not fit TensorFlow 2.21.0" in found["tf_keras"].message
    assert "tf-keras==2.21.*" in found["tf_keras"].fix


def test_a_missing_part_of_an_extra_in_use(monkeypatch):
    found = problems(monkeypatch, tensorflow="2.21.0", tensorflow_model_optimization=None)
    assert "tensorflow-model-optimization is missing; the extra [host] needs it" in found["missing"].message


def test_nothing_is_missing_of_an_extra_not_in_use(monkeypatch):
    found = problems(monkeypatch, tensorflow=None, tensorflow_model_optimization=None, tf_keras=None)
    assert "missing" not in found


def test_another_python(monkeypatch):
    monkeypatch.setattr(doctor.platform, "python_version", lambda: "3.9.2")
    found = problems(monkeypatch)
    assert "Python 3.9.2 is outside" in found["python"].message


def test_a_runtime_that_does_not_load_is_told(monkeypatch):
    def load(engine, emit):
        raise SuiteError("numpy.core.multiarray failed to import")

    monkeypatch.setattr(doctor, "_load", load)
    (first, *_) = doctor._engine_problems()
    assert first.code == "engine" and "multiarray" in first.message


@pytest.mark.parametrize("python", PINS)
def test_the_pin_set_of_each_python(python):
    found = doctor.examine(python)
    assert found.pins_python == python and "pi" in found.pins
    assert ("host" in found.pins) == (python != "3.14"), "TensorFlow 2.21 has no wheels for it"


def test_json_on_stdout_and_text():
    done = quadrant_models.verb("doctor", "--json")
    assert done.returncode == 0
    found = json.loads(done.stdout)
    assert {"versions", "problems", "pins", "python"} <= set(found)
    assert found["versions"]["numpy"]
    assert "numpy" in quadrant_models.verb("doctor").stdout
    done = quadrant_models.verb("doctor", "--python=2.7")
    assert done.returncode == 1 and "Known: 3.10" in done.stderr
