"""The rules that the tree of modules keeps; each message names the file and line that breaks one."""

import ast
import dataclasses
import pathlib
import re
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).parent.parent
PACKAGE = "tfl_lite_suite"
# A layer may import itself and those before it; verbs may import every one.
LAYERS = ("core", "data", "models", "optimize", "deploy")
TENSORFLOW = ("tensorflow", "tf_keras", "keras", "tensorflow_model_optimization")
TENSORFLOW_IN_DATA = ("data.pipeline", "data.augment")
# Verbs that do something when called with no flag at all.
NOTHING_REQUIRED = ("advise", "doctor", "summary")
LONGEST_FILE, LONGEST_FUNCTION = 400, 60


@dataclasses.dataclass(frozen=True)
class Module:
    """A module of the package: its dotted name without the package's, and its syntax tree."""

    name: str
    path: pathlib.Path
    tree: ast.Module

    @property
    def is_verb(self):
        return "." not in self.name and "cli.run_verb(" in self.path.read_text(encoding="utf-8")

    @property
    def layer(self):
        top = self.name.partition(".")[0]
        if top in LAYERS or top == "runtime":
            return top
        return "verb" if self.is_verb else "core"

    def imports(self):
        """Yields `(line, dotted name)` of every import, those inside functions and by `import_module` as well."""
        here = [PACKAGE, *self.name.split(".")] if self.name else [PACKAGE]
        here = here if self.path.name == "__init__.py" else here[:-1]
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                yield from ((node.lineno, alias.name) for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                above = here[: len(here) - node.level + 1] if node.level else []
                base = ".".join([*above, *filter(None, [node.module])])
                yield from ((node.lineno, f"{base}.{alias.name}") for alias in node.names)
            elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith(("import_module", "__import__")):
                if node.args and isinstance(node.args[0], ast.Constant):
                    yield node.lineno, node.args[0].value


def read_package(root):
    found = {}
    for path in sorted((root / PACKAGE).rglob("*.py")):
        name = ".".join(path.relative_to(root / PACKAGE).with_suffix("").parts).removesuffix("__init__").rstrip(".")
        found[name] = Module(name, path, ast.parse(path.read_text(encoding="utf-8")))
    return found


def layering_breaches(modules, root):
    """Returns a line for every import that points the wrong way."""
    breaches = []
    for module in modules.values():
        for line, imported in module.imports():
            reason = _breach(module, imported, modules)
            if reason:
                breaches.append(f"{module.path.relative_to(root)}:{line}: {reason}")
    return breaches


def _breach(module, imported, modules):
    top = imported.partition(".")[0]
    if top in TENSORFLOW:
        optimization = top == "tensorflow_model_optimization"
        if module.name == "framework" and not optimization or module.layer == "optimize" and optimization:
            return ""
        return f"{imported} is imported outside {'optimize/' if optimization else 'framework.py'}"
    if top != PACKAGE:
        return ""
    target = _module_of(imported, modules)
    if target.name == "framework":
        if module.layer in ("core", "runtime") and module.name != "framework":
            return f"{module.layer} imports TensorFlow, by {imported}"
        if module.layer == "data" and module.name not in TENSORFLOW_IN_DATA:
            return f"data imports TensorFlow outside pipeline.py and augment.py, by {imported}"
    if module.layer == "verb":
        return ""
    allowed = ("core", "runtime") if module.layer == "runtime" else LAYERS[: LAYERS.index(module.layer) + 1]
    return "" if target.layer in allowed else f"{module.layer} imports {imported}, which is in {target.layer}"


def _module_of(imported, modules):
    """Returns the module that an imported name is or is in."""
    name = imported.removeprefix(PACKAGE).lstrip(".")
    while name not in modules:
        name = name.rpartition(".")[0]
    return modules[name]


MODULES = read_package(ROOT)
VERBS = sorted(name for name, module in MODULES.items() if module.is_verb)


def test_imports_point_one_way():
    breaches = layering_breaches(MODULES, ROOT)
    assert not breaches, "\n".join(breaches)


BREACHES = {
    "data/splits.py": ("x = 1\n\ndef f():\n    from tfl_lite_suite.models import blocks\n", ":4: data imports"),
    "data/cache.py": ("from tfl_lite_suite.framework import tf\n", ":1: data imports TensorFlow outside"),
    "runtime/timing.py": ("from .. import data\n", ":1: runtime imports tfl_lite_suite.data, which is in data"),
    "runtime/job.py": ("from tfl_lite_suite import framework\n", ":1: runtime imports TensorFlow"),
    "runtime/local.py": ("import tensorflow as tf\n", ":1: tensorflow is imported outside framework.py"),
    "runtime/late.py": ("import importlib\nimportlib.import_module('keras.layers')\n", ":2: keras.layers is imported"),
    "image.py": ("import tfl_lite_suite.runtime\n", ":1: core imports tfl_lite_suite.runtime, which is in runtime"),
    "recipe.py": ("from tfl_lite_suite.train import SCHEMES\n", ":1: core imports tfl_lite_suite.train.SCHEMES, which"),
    "models/blocks.py": ("from tfl_lite_suite.optimize import qat\n", ":1: models imports tfl_lite_suite.optimize.qat"),
    "models/vgg16.py": ("import tf_keras\n", ":1: tf_keras is imported outside framework.py"),
    "optimize/qat.py": ("from ..deploy.converter import f\n", ":1: optimize imports tfl_lite_suite.deploy.converter.f"),
    "deploy/converter.py": ("import tensorflow_model_optimization\n", ":1: tensorflow_model_optimization is imported"),
    "deploy/lint.py": ("from tfl_lite_suite.runtime import engines\n", ":1: deploy imports tfl_lite_suite.runtime"),
}


@pytest.mark.parametrize("name", BREACHES)
def test_a_breach_is_found_at_its_line(tmp_path, name):
    sound = (
        "framework",
        "train",
        "data/__init__",
        "data/pipeline",
        "models/blocks",
        "optimize/qat",
        "deploy/converter",
    )
    sources = {f"{path}.py": "" for path in (*sound, "__init__", "runtime/__init__", "runtime/engines/__init__")}
    sources["framework.py"] = "import tensorflow as tf\nimport tf_keras as keras\n"
    sources["train.py"] = (
        "from tfl_lite_suite import cli, data\nfrom tfl_lite_suite.deploy import lint\ncli.run_verb()\n"
    )
    sources["data/pipeline.py"] = "from tfl_lite_suite.framework import tf\nfrom tfl_lite_suite import __version__\n"
    sources["optimize/qat.py"] = "import tensorflow_model_optimization\nfrom tfl_lite_suite.models import blocks\n"
    for path, source in sources.items():
        (tmp_path / PACKAGE / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / PACKAGE / path).write_text(source)
    assert layering_breaches(read_package(tmp_path), tmp_path) == []
    source, message = BREACHES[name]
    (tmp_path / PACKAGE / name).write_text(source)
    (found,) = layering_breaches(read_package(tmp_path), tmp_path)
    assert found.startswith(f"{PACKAGE}/{name}{message}")


def test_every_module_has_its_test():
    missing = []
    for name, module in MODULES.items():
        relative = module.path.relative_to(ROOT / PACKAGE)
        if relative.name == "__init__.py":
            continue
        mirrored = ROOT / "tests" / relative.parent / f"test_{relative.name.lstrip('_')}"
        if not mirrored.is_file():
            missing.append(f"{module.path.relative_to(ROOT)}:1: {name} has no {mirrored.relative_to(ROOT)}")
    assert not missing, "\n".join(missing)


def test_files_and_functions_are_short():
    long = []
    for module in MODULES.values():
        where = module.path.relative_to(ROOT)
        lines = len(module.path.read_text(encoding="utf-8").splitlines())
        if lines >= LONGEST_FILE:
            long.append(f"{where}:1: {lines} lines; a file has fewer than {LONGEST_FILE}")
        for node in ast.walk(module.tree):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                lines = (node.end_lineno or node.lineno) - node.lineno + 1
                if lines >= LONGEST_FUNCTION:
                    long.append(f"{where}:{node.lineno}: {node.name} has {lines} lines; fewer than {LONGEST_FUNCTION}")
    assert not long, "\n".join(long)


def test_modules_are_named_after_what_they_do():
    vague = re.compile(r"(^|\.|_)(utils?|helpers?|misc|common|stuff)($|_)")
    assert [str(module.path) for name, module in MODULES.items() if vague.search(name)] == []


def test_core_and_runtime_import_without_tensorflow():
    """In a process in which every import of TensorFlow is an error."""
    names = [name for name, module in MODULES.items() if module.layer in ("core", "runtime") and name != "framework"]
    code = (
        f"import importlib, sys\nfor name in {TENSORFLOW}:\n    sys.modules[name] = None\n"
        f"for name in {names}:\n    importlib.import_module('{PACKAGE}.' + name if name else '{PACKAGE}')\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def flags_of(verb):
    """Returns the names of a verb's own flags, by its source."""
    module, names = MODULES[verb], []
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            if called.startswith("flags.DEFINE_"):
                names.append(node.args[0].value)
            elif called == "cli.define_recipe_flags":
                names += ["recipe", "data", "set"]
    return names


def run_verb(verb, *arguments):
    given = [sys.executable, "-X", "importtime", "-m", f"{PACKAGE}.{verb}", *arguments]
    done = subprocess.run(given, capture_output=True, text=True, check=False)
    lines = done.stderr.splitlines()
    times = [line for line in lines if line.startswith("import time:")]
    imported = {line.rpartition("|")[2].strip().partition(".")[0] for line in times}
    assert "absl" in imported
    return done, [line for line in lines if line not in times], imported & {*TENSORFLOW, "jax", "h5py"}


def test_verbs_are_found():
    assert {"train", "quantize", "convert", "evaluate", "benchmark", "summary", "doctor", "run"} <= set(VERBS)


@pytest.mark.parametrize("verb", VERBS)
def test_help_tells_every_flag_and_loads_no_tensorflow(verb):
    done, messages, heavy = run_verb(verb, "--help")
    assert (done.returncode, messages, heavy) == (0, [], set())
    assert f"python -m {PACKAGE}.{verb}" in done.stdout
    for name in (*flags_of(verb), "json", "traceback"):
        assert re.search(rf"^  --{name}=?$", done.stdout, re.MULTILINE), f"--{name} is not in the help"


@pytest.mark.parametrize("verb", VERBS)
def test_an_unknown_flag_is_one_line_with_the_nearest_name(verb):
    nearest = flags_of(verb)[0]
    done, messages, heavy = run_verb(verb, "--json", f"--{nearest}x=1")
    assert (done.returncode, done.stdout, heavy) == (1, "", set())
    assert len(messages) == 1 and messages[0].startswith(f"error: unknown flag --{nearest}x. Did you mean --{nearest}?")


@pytest.mark.parametrize("verb", [verb for verb in VERBS if verb not in NOTHING_REQUIRED])
def test_a_missing_flag_is_one_line(verb):
    done, messages, heavy = run_verb(verb, "--json")
    assert (done.returncode, done.stdout, heavy) == (1, "", set())
    assert len(messages) == 1 and re.match(r"error: --(\w+): ", messages[0])
    assert re.match(r"error: --(\w+): ", messages[0])[1] in flags_of(verb)
