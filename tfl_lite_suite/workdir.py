"""A work folder: one subfolder a stage, reused when its inputs are unchanged, never taken as done when half written."""

import hashlib
import json
import os
import pathlib
from collections.abc import Mapping, Sequence
from typing import Any

from tfl_lite_suite import __version__
from tfl_lite_suite.results import read_json, sha256, write_json

RESULTS = "results.json"


class Stage:
    """One stage's folder.

    Attributes:
        folder: Where the stage writes its files.
        key: Hash of everything that the stage's results depend on.
    """

    def __init__(self, workdir: str | os.PathLike[str], name: str, inputs: Mapping[str, Any]) -> None:
        """Names the stage.

        Args:
            workdir: The work folder; made if missing.
            name: The stage's name, and its subfolder's.
            inputs: JSON-serialisable values that the results depend on.
        """
        self.folder = pathlib.Path(workdir) / name
        self.folder.mkdir(parents=True, exist_ok=True)
        self.key = hashlib.sha256(json.dumps([__version__, inputs], sort_keys=True, default=str).encode()).hexdigest()

    def finished(self) -> dict[str, Any] | None:
        """Returns the results, if this stage ended with the same inputs and its files are as it left them."""
        document = read_json(self.folder / RESULTS)
        if not isinstance(document, dict) or document.get("key") != self.key:
            return None
        for name, digest in document["files"].items():
            path = self.folder / name
            if not path.is_file() or sha256(path) != digest:
                return None
        return dict(document["results"])

    def finish(self, results: Mapping[str, Any], files: Sequence[str] = ()) -> dict[str, Any]:
        """Records the results; from now on the stage counts as done.

        Args:
            results: JSON-serialisable values.
            files: Names of files in the folder that belong to them.

        Returns:
            The results.
        """
        digests = {name: sha256(self.folder / name) for name in files}
        write_json(self.folder / RESULTS, {"key": self.key, "files": digests, "results": results})
        return dict(results)
