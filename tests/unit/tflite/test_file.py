import random
import subprocess
import sys

import numpy as np
import pytest
import tflite_samples

from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.tflite.file import TfliteFile


def read_everything(data):
    """Touches every part that the suite reads from a file."""
    file = TfliteFile(data)
    file.check()
    parts = (file.inputs, file.outputs, file.op_histogram, file.float_ops, file.fully_int8, file.signatures)
    return parts, file.metadata, file.labels, file.contract, [file.buffer(index) for index in range(file.buffer_count)]


def test_an_int8_model_tells_what_it_is():
    file = TfliteFile(tflite_samples.int8_classifier())
    (image,), (logits,) = file.inputs, file.outputs
    assert (image.name, image.shape, image.dtype) == ("image", (1, 8, 8, 3), "int8")
    assert (image.scale, image.zero_point) == (1.0, -128)
    assert (logits.dtype, round(logits.scale, 3)) == ("int8", 0.2)
    assert file.op_histogram == {("CONV_2D", 3): 1, ("MEAN", 2): 1, ("FULLY_CONNECTED", 4): 1}
    assert file.fully_int8 and file.float_ops == ()
    assert file.contract is None and file.metadata is None and file.labels == ()


def test_a_float_island_is_named():
    file = TfliteFile(tflite_samples.int8_classifier(float_mean=True))
    assert not file.fully_int8
    assert [op["name"] for op in file.float_ops] == ["DEQUANTIZE", "MEAN", "QUANTIZE"]


@pytest.mark.parametrize("input_type", [np.uint8, np.float32])
def test_converting_the_input_is_no_float_computation(input_type):
    file = TfliteFile(tflite_samples.int8_classifier(input_type=input_type))
    assert file.fully_int8 and file.float_ops == ()


def test_a_float_model_computes_in_float():
    file = TfliteFile(tflite_samples.float_classifier())
    assert not file.fully_int8
    assert len(file.float_ops) == 4


def test_old_files_have_the_code_in_a_byte():
    graph = tflite_samples.Graph()
    a, b = graph.tensor("a", (1,)), graph.tensor("b", (1,))
    graph.operator("RELU", [a], [b])
    graph.model.operatorCodes[0].builtinCode = 0
    assert TfliteFile(graph.bytes([a], [b])).op_histogram == {("RELU", 1): 1}


def test_thousands_of_graphs_are_refused_before_a_runtime_sees_them():
    graph = tflite_samples.Graph()
    a = graph.tensor("a", (1,))
    graph.model.subgraphs *= 1001
    with pytest.raises(SuiteError, match="it holds 1,001 graphs; at most 1,000 are read"):
        TfliteFile(graph.bytes([a], [a]))


def test_custom_operators_keep_their_name():
    graph = tflite_samples.Graph()
    a, b = graph.tensor("a", (1,)), graph.tensor("b", (1,))
    graph.operator("CUSTOM", [a], [b], custom=b"FlexErf")
    operator = TfliteFile(graph.bytes([a], [b])).subgraphs[0].operators[0]
    assert operator.name == "FlexErf" and operator.is_custom


@pytest.mark.parametrize(
    ("content", "message"),
    [(None, "No such file"), (b"", "is empty"), (b"PK\x03\x04 a zip archive", "lacks the mark 'TFL3'")],
)
def test_wrong_files_are_told_in_one_line(tmp_path, content, message):
    path = tmp_path / "x.tflite"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(SuiteError, match=message) as caught:
        TfliteFile.read(path)
    assert str(path) in str(caught.value) and "\n" not in str(caught.value)


def test_a_folder_and_a_device_are_refused(tmp_path):
    for path in (tmp_path, "/dev/zero"):
        with pytest.raises(SuiteError, match=r"Expected a \.tflite file|expected a \.tflite file"):
            TfliteFile.read(path)


def test_every_truncation_is_refused(tmp_path):
    whole = tflite_samples.int8_classifier()
    path = tmp_path / "cut.tflite"
    for length in range(1, len(whole) - 16, 7):
        path.write_bytes(whole[:length])
        with pytest.raises(SuiteError):
            TfliteFile.read(path)


def test_flipped_bits_are_read_or_refused_and_nothing_else(with_metadata):
    generator = random.Random(7)
    for _ in range(1000):
        data = bytearray(with_metadata)
        for _ in range(generator.choice((1, 1, 2, 8))):
            data[generator.randrange(len(data))] ^= 1 << generator.randrange(8)
        try:
            read_everything(bytes(data))
        except SuiteError as error:
            assert "\n" not in str(error)


def test_large_numbers_anywhere_are_read_or_refused(with_metadata):
    for position in range(0, len(with_metadata) - 4, 4):
        for value in (b"\xff\xff\xff\xff", b"\xff\xff\xff\x7f", b"\x00\x00\x00\x00", b"\xfc\xff\xff\xff"):
            data = with_metadata[:position] + value + with_metadata[position + 4 :]
            try:
                read_everything(data)
            except SuiteError:
                continue


@pytest.fixture(scope="module")
def with_metadata():
    from tfl_lite_suite.core.contract import Contract
    from tfl_lite_suite.tflite import metadata_writer

    contract = Contract(8, 8, 3, 10, 10, labels=("a", "b", "c", "d"))
    return metadata_writer.write(tflite_samples.int8_classifier(), contract, name="sample")


def test_importing_it_loads_nothing_heavy():
    code = "import sys, tfl_lite_suite.tflite.file; print({'numpy', 'zipfile', 'flatbuffers'} & set(sys.modules))"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "set()"
