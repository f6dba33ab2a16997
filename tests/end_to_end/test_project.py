"""What the repository promises around its package: extras, scripts, and the commands that the README gives."""

import ast
import configparser
import os
import re
import shutil
import subprocess
import sys

import pytest
from places import ROOT

import tfl_lite_suite

SCRIPTS = sorted([ROOT / ".ci" / "run", *(ROOT / "tools").rglob("*.sh")])
HEAVY = {"tensorflow", "tf-keras", "keras", "tensorflow-model-optimization", "h5py", "tensorboard", "torch"}
# What a package is called on the command line of pip, where that is not what Python imports.
PACKAGE_OF = {
    "absl": "absl-py",
    "PIL": "pillow",
    "pillow_heif": "pillow-heif",
    "tflite_micro": "tflite-micro",
    "ethosu": "ethos-u-vela",
    "paho": "paho-mqtt",
    "cv2": "opencv-python-headless",
    "yaml": "pyyaml",
    "tf_keras": "tf-keras",
    "tflite_runtime": "tflite-runtime",
    "ai_edge_litert": "ai-edge-litert",
    "tensorflow_model_optimization": "tensorflow-model-optimization",
}


def requirements(text):
    """Returns `(package, bounds, marker)` of each line."""
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.strip().startswith("#")]
    return [re.fullmatch(r"([A-Za-z0-9_.-]+)([^;]*)(?:;\s*(.*))?", line).groups() for line in lines]


@pytest.fixture(scope="module")
def setup():
    parser = configparser.ConfigParser()
    parser.read(ROOT / "setup.cfg", encoding="utf-8")
    return parser


@pytest.fixture(scope="module")
def extras(setup):
    found = {name: requirements(text) for name, text in setup["options.extras_require"].items()}
    return {"": requirements(setup["options"]["install_requires"]), **found}


def test_what_a_pi_installs_has_no_tensorflow(extras):
    for extra in ("", "pi"):
        assert not {package for package, _, _ in extras[extra]} & HEAVY
    assert {"absl-py", "numpy", "pillow", "pyyaml", "flatbuffers"} == {package for package, _, _ in extras[""]}


def test_extras_are_those_of_the_design(extras):
    assert {"pi", "host", "dev"} <= set(extras)
    assert {"tensorflow", "tf-keras", "tensorflow-model-optimization"} <= {package for package, _, _ in extras["host"]}


def test_every_requirement_has_both_bounds(extras):
    for extra, found in extras.items():
        for package, bounds, marker in found:
            both = re.fullmatch(r">=[\d.]+(dev\d+)?,<[\d.]+", bounds.strip()) or (
                marker and re.fullmatch(r"<[\d.]+", bounds)
            )
            assert both, f"setup.cfg: [{extra}] {package}{bounds}: no lower or no upper bound"


def test_every_python_has_a_runtime(setup, extras):
    """LiteRT, but on 32-bit ARM, for which it has no wheels."""
    assert setup["options"]["python_requires"] == ">=3.10,<3.15"
    markers = {package: marker for package, _, marker in extras["pi"]}
    assert markers["ai-edge-litert"] == 'platform_machine != "armv7l"'
    assert markers["tflite-runtime"] == 'platform_machine == "armv7l" and python_version < "3.12"'
    assert [(package, marker) for package, _, marker in extras["tflite-runtime"]][0] == (
        "tflite-runtime",
        'python_version < "3.12"',
    )


def test_whatever_is_imported_is_required(extras):
    """The package's imports of other people's modules, each in the install or in an extra."""
    required = {package.lower() for found in extras.values() for package, _, _ in found}
    for path in sorted((ROOT / "tfl_lite_suite").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and not node.level and node.module:
                names = [node.module]
            for name in {name.partition(".")[0] for name in names} - sys.stdlib_module_names - {"tfl_lite_suite"}:
                where = f"{path.relative_to(ROOT)}:{node.lineno}"
                assert PACKAGE_OF.get(name, name) in required, f"{where}: {name} is in no requirement of setup.cfg"


def test_every_subpackage_is_installed():
    for folder in {path.parent for path in (ROOT / "tfl_lite_suite").rglob("*.py")}:
        assert (folder / "__init__.py").is_file(), f"{folder} is no package, so it would not be installed"


def test_version(setup):
    assert setup["metadata"]["version"] == "attr: tfl_lite_suite.__version__"
    assert re.fullmatch(r"\d+\.\d+\.\d+", tfl_lite_suite.__version__)


def test_scripts_are_found():
    names = {str(path.relative_to(ROOT)) for path in SCRIPTS}
    assert {".ci/run", "tools/demo.sh", "tools/test.sh"} <= names


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_scripts_are_sound_and_executable(path):
    done = subprocess.run(["bash", "-n", path], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert re.match(r"#!/(usr/bin/env |bin/)bash\n", path.read_text(encoding="utf-8")) or _is_sourced(path)
    assert os.access(path, os.X_OK) or _is_sourced(path), f"{path.relative_to(ROOT)} is not executable"


def _is_sourced(path):
    return path.read_text(encoding="utf-8").startswith("# Sourced by")


def test_continuous_integration_runs_the_tests():
    assert "bash tools/test.sh" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")


def commands(path):
    """Yields `(line, command)` of the shell commands in a document's fenced blocks."""
    fenced = False
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if line.startswith("```"):
            fenced = not fenced
        elif fenced:
            yield number, line.strip().removeprefix("$ ")


def documents():
    return [path for path in (*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"))]


@pytest.mark.parametrize("path", documents(), ids=lambda path: path.name)
def test_what_documents_name_exists(path):
    """Scripts, recipes and verbs, so that a command can be copied from a document."""
    text = path.read_text(encoding="utf-8")
    made = re.findall(r"<!-- file: (\S+) -->", text)
    for number, line in enumerate(text.splitlines(), 1):
        where = f"{path.relative_to(ROOT)}:{number}"
        for name in re.findall(r"(?<![\w/.])((?:tools|recipes|docs|\.ci)/[\w./-]*\w)(?![\w*{<])", line):
            exists = (ROOT / name).exists() or name in made or name.startswith("docs/results")
            assert exists, f"{where}: there is no {name}"
        for name in re.findall(r"python3? -m tfl_lite_suite\.(\w+)", line):
            exists = (ROOT / "tfl_lite_suite" / name / "__main__.py").is_file() or name == "VERB"
            assert exists, f"{where}: there is no verb {name}"


@pytest.mark.parametrize("path", documents(), ids=lambda path: path.name)
def test_relative_links_lead_somewhere(path):
    for target in re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", path.read_text(encoding="utf-8")):
        assert (path.parent / target).exists(), f"{path.relative_to(ROOT)}: the link to {target} is dead"


def test_the_readme_gives_the_two_commands():
    lines = [command for _, command in commands(ROOT / "README.md")]
    for script in ("tools/demo.sh", "tools/test.sh"):
        assert any(line.startswith(f"bash {script}") for line in lines), f"README.md: no 'bash {script}'"
