"""The rules that the tree of modules keeps; each message names the file and line that breaks one."""

import ast
import dataclasses
import pathlib
import re
import subprocess
import sys

import pytest
from places import ROOT

PACKAGE = "tfl_lite_suite"
# Rooms from the ground up. A room imports those before it; a `__main__` composes whatever it needs.
ROOMS = (
    ("core",),
    ("tflite",),
    ("data",),
    ("runtime", "benchmark"),
    ("evaluate",),
    ("models",),
    ("train",),
    ("prune", "quantize"),
    ("convert",),
    ("lint", "export", "decide", "explain", "predict", "watch", "summary", "doctor", "init"),
    ("report", "run"),
    ("advise",),
    ("search", "api"),
    ("",),
)
# What a device or a page needs: these never load TensorFlow.
WITHOUT_TENSORFLOW = (
    *("core", "tflite", "runtime", "benchmark", "evaluate", "lint", "export", "decide", "explain", "predict", "watch"),
    *("report", "advise", "doctor", "init", ""),
)
TENSORFLOW = ("tensorflow", "tf_keras", "keras", "tensorflow_model_optimization")
FRAMEWORK = "core.framework"
# Modules that load it all the same, when called.
LOAD_TENSORFLOW = ("data.pipeline", "data.augment", "evaluate")
MODEL_OPTIMIZATION = ("models", "prune", "quantize")
# Calls of another room's verb as a process, which may go any way but must be known.
PROCESSES = {
    ("runtime", "runtime.clean_process"),
    ("runtime", "export"),
    ("runtime", "convert"),
    ("run", "run"),
    ("run", "decide"),
    ("search", "run"),
    ("lint", "lint.child"),
}
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
    def room(self):
        return self.name.partition(".")[0]

    @property
    def composes(self):
        return self.path.name == "__main__.py"

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

    def calls(self):
        """Yields every call, as `(line, function's name, arguments)`."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Call):
                yield node.lineno, ast.unparse(node.func), node.args


def read_package(root):
    found = {}
    for path in sorted((root / PACKAGE).rglob("*.py")):
        name = ".".join(path.relative_to(root / PACKAGE).with_suffix("").parts).removesuffix("__init__").rstrip(".")
        found[name] = Module(name, path, ast.parse(path.read_text(encoding="utf-8")))
    return found


def layering_breaches(modules, root):
    """Returns a line for every import, or call as a process, that points the wrong way."""
    breaches = []
    for module in modules.values():
        found = [(line, _breach(module, imported, modules)) for line, imported in module.imports()]
        found += [(line, _process_breach(module, function, given)) for line, function, given in module.calls()]
        where = module.path.relative_to(root)
        breaches += [f"{where}:{line}: {reason}" for line, reason in found if reason]
    return breaches


def _breach(module, imported, modules):
    top = imported.partition(".")[0]
    if top in TENSORFLOW:
        optimization = top == "tensorflow_model_optimization"
        if module.name == FRAMEWORK and not optimization or module.room in MODEL_OPTIMIZATION and optimization:
            return ""
        return f"{imported} is imported outside {', '.join(MODEL_OPTIMIZATION) if optimization else FRAMEWORK}"
    if top != PACKAGE:
        return ""
    target = _module_of(imported, modules)
    if target.composes:
        return f"{module.name} imports {imported}; nobody imports a __main__"
    if target.name == FRAMEWORK and module.room in (*WITHOUT_TENSORFLOW, "data") and not module.composes:
        return "" if module.name in LOAD_TENSORFLOW else f"{module.name} imports TensorFlow, by {imported}"
    if module.composes or target.room == "" or module.name in LOAD_TENSORFLOW and target.room == "models":
        return ""
    return "" if _floor(target) <= _floor(module) else f"{module.room} imports {imported}, which is in {target.room}"


def _process_breach(module, function, given):
    if function.startswith("flags.DEFINE_") and not module.composes and module.room != "core":
        return "flags are defined in a __main__ alone"
    if not function.endswith("verb_command") or not isinstance(given[0], ast.Constant):
        return ""
    call = (module.room, given[0].value)
    return (
        "" if call in PROCESSES else f"{call[0]} calls the verb {call[1]} as a process, which PROCESSES does not list"
    )


def _floor(module):
    return next(floor for floor, rooms in enumerate(ROOMS) if module.room in rooms)


def _module_of(imported, modules):
    """Returns the module that an imported name is or is in."""
    name = imported.removeprefix(PACKAGE).lstrip(".")
    while name not in modules:
        name = name.rpartition(".")[0]
    return modules[name]


MODULES = read_package(ROOT)
VERBS = sorted(module.room for module in MODULES.values() if module.composes and module.room != "__main__")


def test_every_room_has_its_floor():
    known = {room for rooms in ROOMS for room in rooms}
    assert {module.room for module in MODULES.values()} - {"__main__"} <= known
    assert sorted(path.name for path in (ROOT / PACKAGE).glob("*.py")) in (
        ["__init__.py"],
        ["__init__.py", "__main__.py"],
    )


def test_imports_point_one_way():
    breaches = layering_breaches(MODULES, ROOT)
    assert not breaches, "\n".join(breaches)


BREACHES = {
    "data/splits.py": ("x = 1\n\ndef f():\n    from tfl_lite_suite.models import blocks\n", ":4: data imports"),
    "data/cache.py": ("from tfl_lite_suite.core.framework import tf\n", ":1: data.cache imports TensorFlow"),
    "runtime/timing.py": ("from .. import data, models\n", ":1: runtime imports tfl_lite_suite.models, which is in"),
    "runtime/job.py": ("from tfl_lite_suite.core import framework\n", ":1: runtime.job imports TensorFlow"),
    "runtime/local.py": ("import tensorflow as tf\n", ":1: tensorflow is imported outside core.framework"),
    "runtime/late.py": ("import importlib\nimportlib.import_module('keras.layers')\n", ":2: keras.layers is imported"),
    "core/image.py": (
        "import tfl_lite_suite.runtime\n",
        ":1: core imports tfl_lite_suite.runtime, which",
    ),
    "core/recipe.py": ("from tfl_lite_suite.train import SCHEMES\n", ":1: core imports tfl_lite_suite.train.SCHEMES"),
    "models/blocks.py": ("from tfl_lite_suite.quantize import qat\n", ":1: models imports tfl_lite_suite.quantize.qat"),
    "models/vgg16.py": ("import tf_keras\n", ":1: tf_keras is imported outside core.framework"),
    "quantize/qat.py": ("from ..convert import f\n", ":1: quantize imports tfl_lite_suite.convert.f"),
    "lint/rules.py": ("from tfl_lite_suite.report import page\n", ":1: lint imports tfl_lite_suite.report.page"),
    "convert/x.py": ("import tensorflow_model_optimization\n", ":1: tensorflow_model_optimization is imported"),
    "train/x.py": ("from tfl_lite_suite.train import __main__\n", ":1: train.x imports tfl_lite_suite.train.__main__"),
    "train/late.py": ("verb_command('evaluate', '--model=x')\n", ":1: train calls the verb evaluate as a process"),
    "train/flag.py": ("from absl import flags\nflags.DEFINE_string('x', None, '')\n", ":2: flags are defined in"),
}


@pytest.mark.parametrize("name", BREACHES)
def test_a_breach_is_found_at_its_line(tmp_path, name):
    rooms = [room for rooms in ROOMS for room in rooms]
    sources = {f"{room}/__init__.py".lstrip("/"): "" for room in rooms}
    sources["core/framework.py"] = "import tensorflow as tf\nimport tf_keras as keras\n"
    sources["train/__main__.py"] = (
        "from tfl_lite_suite import data, train\nfrom tfl_lite_suite.lint import lint\nflags.DEFINE_bool('x', 1, '')\n"
    )
    sources["data/pipeline.py"] = (
        "from tfl_lite_suite.core.framework import tf\nfrom tfl_lite_suite import __version__\n"
    )
    sources["quantize/x.py"] = "import tensorflow_model_optimization\nfrom tfl_lite_suite.models import blocks\n"
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
        if relative.name in ("__init__.py", "__main__.py"):
            continue
        mirrored = ROOT / "tests" / "unit" / relative.parent / f"test_{relative.name.lstrip('_')}"
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


def test_what_a_device_needs_imports_without_tensorflow():
    """In a process in which every import of TensorFlow is an error."""
    names = [
        name
        for name, module in MODULES.items()
        if module.room in WITHOUT_TENSORFLOW and not module.composes and name != FRAMEWORK
    ]
    code = (
        f"import importlib, sys\nfor name in {TENSORFLOW}:\n    sys.modules[name] = None\n"
        f"for name in {names}:\n    importlib.import_module('{PACKAGE}.' + name if name else '{PACKAGE}')\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def flags_of(verb):
    """Returns the names of a verb's own flags, by its source."""
    module, names = MODULES[f"{verb}.__main__"], []
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            if called.startswith("flags.DEFINE_"):
                names.append(node.args[0].value)
            elif called == "command_line.define_recipe_flags":
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
