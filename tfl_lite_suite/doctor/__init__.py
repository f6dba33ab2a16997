"""Lists the versions of the packages, finds those that do not work together, and says what to install instead."""

import functools
import os
import platform
import sys

import tfl_lite_suite
from tfl_lite_suite.core import package_requirements
from tfl_lite_suite.core.errors import SuiteError, unknown_argument
from tfl_lite_suite.doctor.pins import PINS
from tfl_lite_suite.doctor.result import EnvironmentProblem, Examination
from tfl_lite_suite.runtime import engines, isolation, machine
from tfl_lite_suite.runtime.session import Engine

# Shown whether or not a bound of the suite is on them.
PACKAGES = ("numpy", "tensorflow", "tf-keras", "keras", "tensorflow-model-optimization", "onnx", "tf2onnx")


def examine(python: str | None = None) -> Examination:
    """Examines this environment, without importing TensorFlow.

    Args:
        python: Python version to give the pin set for, such as `3.12`; this one if absent.
    """
    here = ".".join(map(str, sys.version_info[:2]))
    python = python or (here if here in PINS else max(PINS))
    if python not in PINS:
        raise unknown_argument("python", python, PINS, "Python version")
    required = {requirement.package for requirement in package_requirements.own()}
    packages = sorted(required | set(PACKAGES) | {engines.get(name).package for name in engines.names()}, key=str.lower)
    versions = {package: package_requirements.installed_version(package) for package in packages}
    problems = [*_python_problems(), *_bound_problems(versions), *_pair_problems(versions), *_engine_problems()]
    return Examination(
        suite=tfl_lite_suite.__version__,
        python=platform.python_version(),
        device=machine.describe(),
        versions=versions,
        engines=tuple(engines.installed()),
        problems=tuple(problems),
        pins_python=python,
        pins=PINS[python],
    )


def _python_problems() -> list[EnvironmentProblem]:
    found = []
    bounds = package_requirements.python_bounds()
    if bounds and not package_requirements.parse(f"python{bounds}").admits(platform.python_version()):
        fix = f"create a virtual environment with Python {', '.join(PINS)}"
        found.append(
            EnvironmentProblem("python", "error", f"Python {platform.python_version()} is outside {bounds}", fix)
        )
    if not package_requirements.own():
        message = f"the package {package_requirements.DISTRIBUTION} is not installed here, so its bounds are not known"
        found.append(
            EnvironmentProblem("not_installed", "warning", message, f"pip install {package_requirements.DISTRIBUTION}")
        )
    if engines.is_32_bit_arm():
        message = "LiteRT has no wheels for 32-bit ARM"
        found.append(EnvironmentProblem("arm_32_bit", "error", message, engines.how_to_install()))
    if not hasattr(os, "fork"):
        message = "models run in forked processes, which this system lacks"
        found.append(EnvironmentProblem("fork", "error", message, "use Linux, macOS or WSL"))
    return found


def _bound_problems(versions: dict[str, str | None]) -> list[EnvironmentProblem]:
    """Finds packages that are missing or outside the bounds of what is always installed, or of an extra in use."""
    found: dict[str, EnvironmentProblem] = {}
    for extra in package_requirements.extras_in_use(versions):
        if extra == "dev":
            # Its packages are common: a user has pytest or ruff for reasons of their own.
            continue
        for requirement in package_requirements.of_extra(extra):
            version = versions[requirement.package]
            whose = f"the extra [{extra}]" if extra else package_requirements.DISTRIBUTION
            fix = f"pip install '{requirement}'"
            if version is None:
                message = f"{requirement.package} is missing; {whose} needs it"
                found[requirement.package] = EnvironmentProblem("missing", "error", message, fix)
            elif not requirement.admits(version):
                message = f"{requirement.package} {version} is outside {requirement}, which {whose} needs"
                found[requirement.package] = EnvironmentProblem("version", "error", message, fix)
    return list(found.values())


def _pair_problems(versions: dict[str, str | None]) -> list[EnvironmentProblem]:
    """Finds packages that are each within bounds, yet do not work together."""
    found = []
    numpy, tflite = versions["numpy"], versions["tflite-runtime"]
    if numpy and tflite and package_requirements.parse_version(numpy) >= (2,):
        message = f"tflite-runtime {tflite} is built for NumPy 1 and does not load with NumPy {numpy}"
        found.append(EnvironmentProblem("numpy_2", "error", message, "pip install 'numpy<2', or use the engine litert"))
    tensorflow, keras = versions["tensorflow"], versions["tf-keras"]
    if tensorflow and keras and _minor(tensorflow) != _minor(keras):
        message = f"tf-keras {keras} does not fit TensorFlow {tensorflow}: the first two numbers must be equal"
        found.append(
            EnvironmentProblem("tf_keras", "error", message, f"pip install 'tf-keras=={_minor(tensorflow)}.*'")
        )
    if not tensorflow:
        message = (
            "TensorFlow is not installed: train, prune, quantize and convert need it; evaluate and benchmark do not"
        )
        found.append(
            EnvironmentProblem("no_host", "note", message, f"pip install '{package_requirements.DISTRIBUTION}[host]'")
        )
    if tensorflow and tflite:
        message = "TensorFlow and tflite-runtime are installed together: loaded in one process they crash"
        fix = "nothing for the suite's commands, which keep them apart; in your own code run models in a child process"
        found.append(EnvironmentProblem("one_process", "note", message, fix))
    return found


def _engine_problems() -> list[EnvironmentProblem]:
    found = []
    for name in engines.installed():
        engine = engines.get(name)
        try:
            isolation.call(functools.partial(_load, engine), f"loading {name}")
        except SuiteError as error:
            fix = f"pip install --force-reinstall {engine.package}, with the versions under pins"
            found.append(EnvironmentProblem("engine", "error", str(error), fix))
    if not engines.installed():
        fix = f"pip install '{package_requirements.DISTRIBUTION}[pi]'"
        if platform.machine().startswith("armv") and sys.version_info >= (3, 12):
            fix = "use Python 3.10 or 3.11, or a 64-bit system: there is no runtime for 32-bit ARM on later Pythons"
        found.append(EnvironmentProblem("no_engine", "error", "no engine is installed, so no model can be run", fix))
    return found


def _load(engine: Engine, emit: isolation.Emit) -> None:
    engine.load()


def _minor(version: str) -> str:
    return ".".join(version.split(".")[:2])


def show(found: Examination) -> str:
    """Returns the findings as text."""
    width = max(map(len, found.versions))
    lines = [f"tfl-lite-suite {found.suite}, Python {found.python}, {found.device['os']}"]
    lines += [f"  {package:{width}}  {version or '-'}" for package, version in found.versions.items()]
    for problem in found.problems:
        lines += [f"{problem.severity}: {problem.message}", f"  fix: {problem.fix}"]
    if not any(problem.severity == "error" for problem in found.problems):
        return "\n".join([*lines, "No errors."])
    lines.append(f"Versions that work together on Python {found.pins_python}:")
    lines += [f"  [{extra}] pip install {' '.join(pins)}" for extra, pins in found.pins.items()]
    return "\n".join(lines)
