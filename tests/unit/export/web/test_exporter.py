import json

import numpy as np
import pytest
import quadrant_models

from tfl_lite_suite.core.contract import Contract
from tfl_lite_suite.core.decision import Decision, Reject
from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.export.web import exporter, litert_js
from tfl_lite_suite.runtime import chromium
from tfl_lite_suite.tflite import metadata_writer
from tfl_lite_suite.tflite.object_form import pack, unpack
from tfl_lite_suite.tflite.unsigned_io import unsigned

CONTRACT = Contract(4, 4, 1, 5, 6, labels=("a", "b", "c", "d"))
NO_PICTURES = np.zeros((0, 4, 4, 1), np.uint8)


def described(tmp_path, content, contract=CONTRACT):
    path = tmp_path / "x.tflite"
    path.write_bytes(content)
    return exporter.describe(str(path), unsigned(metadata_writer.strip(content)), contract)


def test_an_int8_file_takes_the_pixels_themselves(tmp_path):
    decision = Decision(mode="multi", thresholds=(0.5, 0.25, 0.5, 0.5), reject=Reject("energy", 1.5))
    content = metadata_writer.write(quadrant_models.quadrants(dtype="int8"), CONTRACT, name="x", decision=decision)
    found = json.loads(json.dumps(described(tmp_path, content)))
    assert found["input"] == {"shape": [1, 4, 4, 1], "dtype": "uint8", "table": None}
    assert found["output"] == {"classes": 4, "dtype": "uint8", "scale": 1.0, "zero_point": 0}
    assert found["labels"] == ["a", "b", "c", "d"] and found["computes"] == "int8"
    assert found["contract"] == {
        **{"height": 4, "width": 4, "channels": 1, "resize_height": 5, "resize_width": 6},
        **{"fit": "crop", "contrast": "none"},
    }
    assert found["decision"] == {
        key: value for key, value in json.loads(decision.to_json()).items() if key != "version"
    }


def test_a_float_file_without_contract_takes_pixels_as_numbers(tmp_path):
    found = described(tmp_path, quadrant_models.quadrants(), Contract(4, 4, 1, 4, 4))
    assert found["input"]["dtype"] == "float32" and found["input"]["table"] is None
    assert found["labels"] == ["0", "1", "2", "3"] and found["computes"] == "float32"
    assert found["decision"]["mode"] == "single" and found["decision"]["scores"] == "logits"


def test_another_quantization_of_the_input_becomes_a_table(tmp_path):
    # As files of others have it: values from −1 to 1.
    content = quadrant_models.quadrants(dtype="int8", scale=1 / 127.5, zero_point=0)
    (table,) = described(tmp_path, content, Contract(4, 4, 1, 4, 4))["input"]["table"]
    pixels = np.arange(256)
    expected = np.clip(np.rint((pixels - 127.5) / 127.5 * 127.5 + 1e-6), -128, 127) + 128
    assert np.abs(np.array(table) - expected).max() <= 1 and table[0] < table[128] < table[255]


@pytest.mark.parametrize("wrong", [{"inputs": 2}, {"outputs": 2}])
def test_several_inputs_or_outputs_are_refused(tmp_path, wrong):
    with pytest.raises(SuiteError, match="not supported by litert_js: a model with several inputs or outputs"):
        described(tmp_path, quadrant_models.quadrants(**wrong))


def test_the_folder_holds_all_that_the_page_needs_and_a_change_makes_a_new_version(tmp_path, monkeypatch):
    runtime = {"index.js": b"", "wasm-utils.js": b"", "LICENSE.txt": b""}
    runtime |= {f"{name}.{end}": b"" for name in litert_js.VARIANTS for end in ("js", "wasm.gz")}
    monkeypatch.setattr(litert_js, "files", lambda: runtime)
    versions = []
    for side in (4, 8, 8):
        model = tmp_path / "leaf.tflite"
        model.write_bytes(quadrant_models.quadrants(dtype="int8", side=side))
        row = exporter.bundle(str(model), str(tmp_path), NO_PICTURES, Contract(side, side, 1, side, side))
        assert row.top1_agreement is None and row.files[0] == str(tmp_path / "web" / "index.html")
        listing = (tmp_path / "web" / "files.js").read_text()
        listing = json.loads(listing.removeprefix("self.tflLiteSuiteFiles = "))
        names = {path.relative_to(tmp_path / "web").as_posix() for path in (tmp_path / "web").rglob("*.*")}
        assert {*listing["kept"], *listing["on_use"], "sw.js", "files.js"} - {"./"} == names
        versions.append(listing["version"])
    assert versions[0] != versions[1] == versions[2]
    manifest = json.loads((tmp_path / "web" / "manifest.json").read_text())
    assert manifest["short_name"] == "leaf" and all(
        (tmp_path / "web" / one["src"]).is_file() for one in manifest["icons"]
    )


def test_a_contract_of_another_size_is_refused(tmp_path):
    with pytest.raises(SuiteError, match=r"an input of shape \[1, 4, 4, 1\], which is not the contract's"):
        described(tmp_path, quadrant_models.quadrants(), Contract(8, 8, 1, 8, 8))


def test_an_output_whose_scores_mean_nothing_is_refused(tmp_path):
    model = unpack(quadrant_models.quadrants(dtype="int8"))
    output = model.subgraphs[0].tensors[model.subgraphs[0].outputs[0]]
    output.quantization.scale = np.array([np.inf], np.float32)
    with pytest.raises(SuiteError, match="the output's scale is inf; its scores mean nothing"):
        described(tmp_path, pack(model), Contract(4, 4, 1, 4, 4))


def test_a_browser_that_does_not_start_costs_the_comparison_alone(tmp_path, monkeypatch, capsys):
    program = tmp_path / "chromium"
    program.write_text("#!/bin/sh\necho no display >&2\nexit 1\n")
    program.chmod(0o755)
    monkeypatch.setenv(chromium.VARIABLE, str(program))
    monkeypatch.setattr(litert_js, "files", dict)
    model = tmp_path / "leaf.tflite"
    model.write_bytes(quadrant_models.quadrants(dtype="int8"))
    pictures = np.zeros((1, 4, 4, 1), np.uint8)
    row = exporter.bundle(str(model), str(tmp_path), pictures, Contract(4, 4, 1, 4, 4))
    assert row.top1_agreement is None and (tmp_path / "web" / "index.html").is_file()
    assert f"not compared: browser: {program} ended: no display" in capsys.readouterr().err


def test_a_page_that_does_not_run_its_model_is_not_left(tmp_path, monkeypatch):
    def refused(*arguments):
        raise SuiteError("the page does not run the model: no such operator")

    monkeypatch.setattr(exporter, "_compare", refused)
    monkeypatch.setattr(litert_js, "files", dict)
    model = tmp_path / "leaf.tflite"
    model.write_bytes(quadrant_models.quadrants(dtype="int8"))
    with pytest.raises(SuiteError, match="no such operator"):
        exporter.bundle(str(model), str(tmp_path), NO_PICTURES, Contract(4, 4, 1, 4, 4))
    assert not list((tmp_path / "web").rglob("*.*"))
