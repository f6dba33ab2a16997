"""Single files from a web server, checked by SHA-256 and kept in a cache folder."""

import dataclasses
import http.client
import pathlib
import sys
import urllib.error
import urllib.request

from tfl_lite_suite.core.cache_folder import cache_folder
from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.core.files import atomic_path, sha256

_TIMEOUT_SECONDS = 30
_MOST_BYTES = 1 << 30
_PIECE = 1 << 20


@dataclasses.dataclass(frozen=True)
class WebFile:
    """A file on a web server.

    Attributes:
        url: Its address.
        sha256: The first hexadecimal digits of its SHA-256, all 64 where they are known.
    """

    url: str
    sha256: str

    @property
    def name(self) -> str:
        """The last part of the address."""
        return self.url.rpartition("/")[2]


def obtain(file: WebFile) -> pathlib.Path:
    """Returns the path of a file, downloading it where the cache does not hold it.

    Args:
        file: What to get.

    Returns:
        Path in the cache folder of a file whose SHA-256 begins as expected.

    Raises:
        SuiteError: If it cannot be downloaded, or is not the expected file.
    """
    target = cache_folder() / "downloads" / file.name
    if target.is_file() and sha256(target).startswith(file.sha256):
        return target
    print(f"downloading {file.url}", file=sys.stderr)
    with atomic_path(target) as temporary:
        try:
            _download(file.url, temporary)
        except (urllib.error.URLError, http.client.HTTPException, TimeoutError, ConnectionError) as error:
            raise SuiteError(
                f"weights: {file.url} cannot be downloaded: {getattr(error, 'reason', None) or error}. Download it "
                f"elsewhere, and put it at {target} or give its path as model.weights"
            ) from None
        received = sha256(temporary)
        if not received.startswith(file.sha256):
            raise SuiteError(
                f"weights: {file.url} is not the expected file. Expected a SHA-256 that begins with {file.sha256}. "
                f"Received: {received}"
            )
    return target


def _download(url: str, path: pathlib.Path) -> None:
    count = 0
    with urllib.request.urlopen(url, timeout=_TIMEOUT_SECONDS) as answer, open(path, "wb") as output:
        while piece := answer.read(_PIECE):
            count += len(piece)
            if count > _MOST_BYTES:
                raise SuiteError(f"weights: {url} is larger than {_MOST_BYTES >> 20} MB, which no weights file is")
            output.write(piece)
