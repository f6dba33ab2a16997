"""The modules of the web page, run by Node.js."""

import json
import shutil
import subprocess

import pytest

from tfl_lite_suite.export.web import exporter

needs_node = pytest.mark.skipif(shutil.which("node") is None, reason="needs Node.js")


def evaluate(folder, body):
    """Runs the body of an asynchronous function beside the page's modules; returns what it returns, by way of JSON."""
    for path in exporter.SOURCES.glob("*.js"):
        shutil.copy(path, folder)
    (folder / "package.json").write_text('{"type": "module"}')
    result = folder / "result.json"
    last = f"fs.writeFileSync({json.dumps(str(result))}, JSON.stringify(found));"
    main = ["import fs from 'node:fs';", "const found = await (async () => {", body, "})();", last]
    (folder / "main.js").write_text("\n".join(main))
    done = subprocess.run(["node", "main.js"], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(result.read_text())
