"""What goes to a device: the suite itself as a wheel, and what it requires there."""

import hashlib
import importlib.metadata
import io
import pathlib
import zipfile
from collections.abc import Iterable

import tfl_lite_suite
from tfl_lite_suite.core import package_requirements
from tfl_lite_suite.core.errors import ArgumentError, SuiteError

# ZIP files begin with this date; equal contents make equal bytes.
_DATE = (1980, 1, 1, 0, 0, 0)


def wheel() -> bytes:
    """Returns the running suite as a wheel; equal sources give equal bytes."""
    root = pathlib.Path(tfl_lite_suite.__file__).parent
    information = f"{root.name}-{tfl_lite_suite.__version__}.dist-info"
    files = {
        f"{root.name}/{path.relative_to(root).as_posix()}": path.read_bytes()
        for path in root.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    metadata = "\n".join(
        [
            "Metadata-Version: 2.1",
            f"Name: {package_requirements.DISTRIBUTION}",
            f"Version: {tfl_lite_suite.__version__}",
        ]
        + [f"Requires-Python: {package_requirements.python_bounds()}"]
        + [f"Requires-Dist: {line}" for line in importlib.metadata.requires(package_requirements.DISTRIBUTION) or []]
    )
    files[f"{information}/METADATA"] = f"{metadata}\n".encode()
    files[f"{information}/WHEEL"] = b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    files[f"{information}/RECORD"] = "".join(f"{name},,\n" for name in sorted(files)).encode()
    return archive(files)


def archive(files: dict[str, bytes]) -> bytes:
    """Returns files as a ZIP file, by their names in it; equal files give equal bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        for name in sorted(files):
            file.writestr(zipfile.ZipInfo(name, _DATE), files[name], zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def required(python: tuple[int, int], packages: Iterable[str] = ()) -> list[str]:
    """Returns what the suite requires on a device, for pip.

    Args:
        python: The device's Python, such as `(3, 11)`.
        packages: Packages of engines that are asked for by name, beyond the extra `pi`.

    Raises:
        SuiteError: If the suite does not run on that Python, or is not installed here, so that nothing is known.
    """
    if not package_requirements.own():
        raise SuiteError("the suite runs from a folder here and is not installed. Install it with: pip install -e .")
    bounds, text = package_requirements.python_bounds(), ".".join(map(str, python))
    if not package_requirements.parse(f"python{bounds}").admits(text):
        raise SuiteError(f"the device has Python {text}; the suite needs {bounds}. Install another as its python3")
    lines = [str(item) for extra in ("", "pi") for item in package_requirements.of_extra(extra, python)]
    for package in packages:
        found = [str(item) for item in package_requirements.own() if item.package == package and item.applies(python)]
        if not found:
            raise ArgumentError("engine", f"there is no {package} for the device's Python {text}")
        lines += found
    return list(dict.fromkeys(lines))


def digest(content: bytes) -> str:
    """Returns the SHA-256 of bytes, in hexadecimal."""
    return hashlib.sha256(content).hexdigest()
