import pytest

from tfl_lite_suite.core import package_requirements

LINES = (
    "numpy<3,>=1.26",
    'tflite-runtime<2.15,>=2.14; python_version < "3.12" and extra == "pi"',
    'numpy<2,>=1.26; python_version < "3.12" and extra == "pi"',
    'ai_edge.litert<2.4,>=2.1; python_version >= "3.12" and extra == "pi"',
    'tensorflow<2.22,>=2.21; extra == "host"',
    'tflite-runtime<2.15,>=2.14; python_version < "3.12" and extra == "host"',
    'keras (!=3.13,>=3.12) ; extra == "host"',
)


@pytest.fixture
def own(monkeypatch):
    found = tuple(package_requirements.parse(line) for line in LINES)
    monkeypatch.setattr(package_requirements, "own", lambda: found)
    return found


def test_parses_package_bounds_extra_and_python(own):
    tflite = own[1]
    assert (tflite.package, tflite.extra) == ("tflite-runtime", "pi")
    assert tflite.admits("2.14.0") and not tflite.admits("2.15.0") and not tflite.admits("2.13.9")
    assert tflite.applies((3, 11)) and not tflite.applies((3, 12)) and tflite.applies((3, 9))
    assert own[3].package == "ai-edge-litert"
    assert own[6].admits("3.15.1") and not own[6].admits("3.13.0")
    assert str(own[0]) == "numpy<3,>=1.26"


def test_versions_compare_by_number():
    assert package_requirements.parse_version("2.21.0rc1") == (2, 21)
    assert package_requirements.parse_version("3.9") < package_requirements.parse_version("3.10")


def test_the_smallest_extra_with_a_package_comes_first(own):
    assert package_requirements.extras_with("tflite_runtime", (3, 11)) == ["pi", "host"]
    assert package_requirements.extras_with("tflite_runtime", (3, 12)) == []
    assert package_requirements.extras_with("ai-edge-litert", (3, 12)) == ["pi"]


def test_an_extra_counts_when_its_first_package_is_there(own):
    names = ("numpy", "tflite-runtime", "ai-edge-litert", "keras")
    versions = dict.fromkeys(names, "1") | {"tensorflow": None}
    assert package_requirements.extras_in_use(versions) == ["", "pi"]


def test_the_suites_own_metadata_is_read():
    packages = {requirement.package for requirement in package_requirements.own()}
    assert {"numpy", "absl-py", "pillow", "tflite-runtime", "tensorflow"} <= packages
    assert package_requirements.python_bounds()
