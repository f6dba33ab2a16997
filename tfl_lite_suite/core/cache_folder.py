"""Where the suite keeps what it can download, prepare or make again."""

import os
import pathlib

from tfl_lite_suite.core.errors import SuiteError

VARIABLE = "TFL_LITE_SUITE_CACHE"


def cache_folder() -> pathlib.Path:
    """Returns `$TFL_LITE_SUITE_CACHE`, or `~/.cache/tfl_lite_suite`; it need not exist.

    Raises:
        SuiteError: If there is no home folder, as in some containers, or it cannot be made there.
    """
    if given := os.environ.get(VARIABLE):
        return pathlib.Path(given)
    try:
        folder = pathlib.Path.home() / ".cache" / "tfl_lite_suite"
    except RuntimeError:
        raise SuiteError(f"no home folder is known to keep files in: set {VARIABLE} to a folder") from None
    above = next(path for path in (folder, *folder.parents) if path.exists())
    if not os.access(above, os.W_OK) and above != folder:
        raise SuiteError(f"'{folder}' cannot be made to keep files in: set {VARIABLE} to a folder that may be written")
    return folder
