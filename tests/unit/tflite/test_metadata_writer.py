import json
import subprocess
import sys

import flatbuffers
import numpy as np
import pytest
import tflite_samples
from ai_edge_litert import schema_py_generated as schema

from tfl_lite_suite.core.contract import Contract
from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.tflite import metadata_writer
from tfl_lite_suite.tflite.file import TfliteFile

CONTRACT = Contract(8, 8, 3, 10, 10, labels=("ant", "bée", "cat", "dog"))

RUN = """
import importlib, json, sys
import numpy as np
interpreter = importlib.import_module(sys.argv[1] + ".interpreter").Interpreter(model_path=sys.argv[2])
interpreter.allocate_tensors()
(image,), (logits,) = interpreter.get_input_details(), interpreter.get_output_details()
interpreter.set_tensor(image["index"], (np.arange(192) % 100).reshape(1, 8, 8, 3).astype(image["dtype"]))
interpreter.invoke()
print(json.dumps(interpreter.get_tensor(logits["index"]).tolist()))
"""


def run(engine, path):
    shown = subprocess.run([sys.executable, "-c", RUN, engine, str(path)], capture_output=True, text=True)
    assert shown.returncode == 0, shown.stderr
    return json.loads(shown.stdout)


@pytest.fixture(params=["int8", "uint8", "float"])
def model(request):
    make = {
        "int8": tflite_samples.int8_classifier,
        "uint8": lambda: tflite_samples.int8_classifier(input_type=np.uint8),
        "float": tflite_samples.float_classifier,
    }
    return make[request.param]()


def test_what_was_written_is_read_back(model):
    written = TfliteFile(
        metadata_writer.write(model, CONTRACT, name="pets", description="A sample.", license="Apache-2.0")
    )
    assert written.contract == CONTRACT
    assert written.labels == CONTRACT.labels
    assert (written.metadata.name, written.metadata.description) == ("pets", "A sample.")
    assert (written.metadata.license, written.metadata.min_parser_version) == ("Apache-2.0", "1.0.0")
    (image,) = written.metadata.inputs
    assert (image.name, image.color_space, image.mean, image.std) == ("image", "rgb", (0.0,), (1.0,))


def test_the_model_itself_is_unchanged(model):
    before, after = TfliteFile(model), TfliteFile(metadata_writer.write(model, CONTRACT, name="pets"))
    assert after.subgraphs[0].tensors == before.subgraphs[0].tensors
    assert after.subgraphs[0].operators == before.subgraphs[0].operators
    assert after.description == before.description
    assert all(after.buffer(index) == before.buffer(index) for index in range(before.buffer_count))


def test_writing_again_replaces_and_gives_the_same_bytes(model):
    once = metadata_writer.write(model, CONTRACT, name="pets")
    assert metadata_writer.write(once, CONTRACT, name="pets") == once
    other = metadata_writer.write(once, Contract(8, 8, 3, 8, 8), name="others")
    assert TfliteFile(other).contract.labels == () and TfliteFile(other).archive.names == ("tfl_lite_suite.json",)
    assert metadata_writer.strip(other) == model


def place(file, index):
    """Where a buffer begins, counted from the file's beginning."""
    whole, part = (np.frombuffer(data, np.uint8) for data in (file.data, file.buffer(index)))
    return part.ctypes.data - whole.ctypes.data


def test_buffers_stay_aligned_to_sixteen_bytes(model):
    before, after = TfliteFile(model), TfliteFile(metadata_writer.write(model, CONTRACT, name="pets"))
    filled = [index for index in range(before.buffer_count) if before.buffer_bytes(index)]
    assert all((place(after, index) - place(before, index)) % 16 == 0 for index in filled)
    assert place(after, after.metadata_entries["TFLITE_METADATA"]) % 16 == 0


@pytest.mark.parametrize("engine", ["tflite_runtime", "ai_edge_litert"])
def test_runtimes_give_the_same_answer(engine, model, tmp_path):
    pytest.importorskip(engine)
    plain, rich = tmp_path / "plain.tflite", tmp_path / "rich.tflite"
    plain.write_bytes(model)
    rich.write_bytes(metadata_writer.write(model, CONTRACT, name="pets"))
    assert run(engine, plain) == run(engine, rich)


def test_scores_are_named_by_what_they_are():
    names = [
        TfliteFile(metadata_writer.write(model, CONTRACT, name="pets")).metadata.outputs[0].name
        for model in (tflite_samples.int8_classifier(), tflite_samples.float_classifier())
    ]
    assert names == ["logits", "probability"]


@pytest.mark.parametrize(
    ("contract", "message"),
    [
        (Contract(9, 8, 3, 9, 9), r"\(9, 8, 3\).*\(1, 8, 8, 3\)"),
        (Contract(8, 8, 3, 8, 8, labels=("a", "b")), "2 labels for an output of shape"),
        (Contract(8, 8, 3, 8, 8, labels=("a", "b\nc", "d", "e")), "one line"),
    ],
)
def test_a_contract_that_does_not_fit_is_refused(contract, message):
    with pytest.raises(SuiteError, match=message):
        metadata_writer.write(tflite_samples.int8_classifier(), contract, name="pets")


def test_other_metadata_blocks_survive():
    file = TfliteFile(metadata_writer.write(with_block(), CONTRACT, name="pets"))
    assert set(file.metadata_entries) == {"min_runtime_version", "TFLITE_METADATA"}
    assert bytes(file.buffer(file.metadata_entries["min_runtime_version"])) == b"2.5.0"


def with_block():
    model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(tflite_samples.int8_classifier(), 0))
    buffer, entry = schema.BufferT(), schema.MetadataT()
    buffer.data = np.frombuffer(b"2.5.0", np.uint8)
    entry.name, entry.buffer = "min_runtime_version", len(model.buffers)
    model.buffers.append(buffer)
    model.metadata = [entry]
    builder = flatbuffers.Builder(1024)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())
