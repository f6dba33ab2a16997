"""What the tests of the web page take from the npm registry: TypeScript, to check types, and axe, to check access."""

import tarfile

import pytest

from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.export.web.litert_js import NpmPackage, obtain

TYPESCRIPT = NpmPackage("typescript", "5.9.3", "10e108c9cf7d5f2879053dff18515fb405abf2ccef63eaaf017d9c571687a1d3")
AXE = NpmPackage("axe-core", "4.14.1", "e6b0ce02b84d892e2e33e403485e7f3d6c29e2be6df65daf44d89ba564139745")


def archive(package):
    """Opens the package's archive; skips the test where there is no npm or no registry."""
    try:
        return tarfile.open(obtain(package))
    except SuiteError as error:
        pytest.skip(f"{package.name} is not to be had: {error}")


def member(package, name):
    """Returns a file of the package."""
    with archive(package) as opened:
        return opened.extractfile(f"package/{name}").read().decode()
