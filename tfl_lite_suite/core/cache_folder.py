"""Where the suite keeps what it can download, prepare or make again."""

import os
import pathlib


def cache_folder() -> pathlib.Path:
    """Returns `$TFL_LITE_SUITE_CACHE`, or `~/.cache/tfl_lite_suite`; it need not exist."""
    return pathlib.Path(os.environ.get("TFL_LITE_SUITE_CACHE") or pathlib.Path.home() / ".cache" / "tfl_lite_suite")
