import json

import pytest

from tfl_lite_suite.core.contract import Contract
from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.runtime import exported_file
from tfl_lite_suite.runtime.exported_file import ExportedFile
from tfl_lite_suite.tflite.graph import TensorSpec

FILE = ExportedFile(
    files=("x.onnx", "x.bin"),
    input=TensorSpec.per_tensor("image", (1, 8, 9, 3), "int8", 1.0, -128),
    output=TensorSpec.per_tensor("logits", (1, 2), "int8", 0.1, 3),
    contract=Contract(8, 9, 3, 8, 9, labels=("a", "b")),
    labels=("a", "b"),
    source={"file": "x.tflite", "sha256": "00", "converter": "hand 1"},
)


@pytest.fixture
def path(tmp_path):
    (tmp_path / "x.onnx").write_bytes(b"12345")
    (tmp_path / "x.bin").write_bytes(b"678")
    FILE.write(tmp_path)
    return str(tmp_path / "x.onnx")


def test_is_read_as_it_was_written(path):
    assert exported_file.read(path) == FILE


def test_what_engines_tell_of_it(path):
    found = FILE.model_file(path)
    assert (found.file_bytes, found.input_shape, found.output_shape) == (8, (1, 8, 9, 3), (1, 2))
    assert (found.contract, found.labels) == (FILE.contract, FILE.labels)


def test_files_lie_together(path, tmp_path):
    (tmp_path / "x.bin").unlink()
    with pytest.raises(SuiteError, match="its file 'x.bin' is missing. Keep the exported files together"):
        FILE.model_file(path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"version": 99}, "reads version 2 only"),
        ({"files": []}, "files: \\[\\]"),
        ({"files": ["../x.onnx"]}, "files: "),
        ({"input": {"name": "image"}}, "KeyError\\('shape'\\)"),
        ({"contract": {"height": "tall"}}, "contract"),
        ({"labels": 3}, "TypeError"),
        ({"source": None}, "AttributeError"),
    ],
)
def test_a_damaged_description(path, change, message):
    where = exported_file.beside(path)
    with open(where) as file:
        document = json.load(file)
    with open(where, "w") as file:
        json.dump(document | change, file)
    with pytest.raises(SuiteError, match=message):
        exported_file.read(path)


@pytest.mark.parametrize("text", ["", "{", "[" * 100_000, "3"])
def test_what_is_no_description(path, text):
    with open(exported_file.beside(path), "w") as file:
        file.write(text)
    with pytest.raises(SuiteError, match=r"x\.onnx\.json"):
        exported_file.read(path)
