import sys

import pytest
import tool_modules

from tfl_lite_suite.core import files


@pytest.fixture(scope="module")
def tool():
    return tool_modules.load("count_instructions")


def test_only_what_is_missing_is_counted(tool, tmp_path, monkeypatch):
    output, asked = tmp_path / "counts.json", []

    def counted(network, resolution):
        asked.append((network, resolution))
        return {"engine_version": "2.3.0", "cpus": {}}

    monkeypatch.setattr(tool, "counted", counted)

    def run(*flags):
        monkeypatch.setattr(sys, "argv", ["count_instructions", f"--output={output}", *flags])
        tool.main()

    run("--networks=micro")
    run("--networks=micro,vgg16")
    assert asked == [("micro", 224), ("vgg16", 224)]
    assert list(files.read_json(output)["networks"]) == ["micro", "vgg16"]
    with pytest.raises(SystemExit, match="error: --resolution: .* is for 224. Received: 96"):
        run("--networks=micro", "--resolution=96")
    with pytest.raises(SystemExit, match="error: --networks: unknown network 'micra'. Did you mean 'micro'"):
        run("--networks=micra")
