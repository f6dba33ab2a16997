import functools
import io
import zipfile

import numpy as np
import pytest
import tflite_samples

from tfl_lite_suite.core.contract import Contract
from tfl_lite_suite.lint import metadata_rules
from tfl_lite_suite.tflite import metadata_writer
from tfl_lite_suite.tflite.file import TfliteFile

CONTRACT = Contract(8, 8, 3, 8, 8, labels=("a", "b", "c", "d"))


def codes(data):
    return {problem.code for problem in metadata_rules.read(TfliteFile(data))[3]}


def test_complete_metadata_has_no_problem():
    for model in (tflite_samples.int8_classifier(), tflite_samples.float_classifier()):
        assert codes(metadata_writer.write(model, CONTRACT, name="x")) == set()


def test_a_bare_model():
    assert codes(tflite_samples.int8_classifier()) == {"no_metadata", "no_contract", "no_labels"}


def test_a_model_without_labels():
    data = metadata_writer.write(tflite_samples.int8_classifier(), Contract(8, 8, 3, 8, 8), name="x")
    assert codes(data) == {"no_labels"}
    # It was converted already, and that gave it no names.
    fix = metadata_rules.read(TfliteFile(data))[3][0].fix
    assert "metadata_writer.write adds them" in fix and "convert" not in fix


def test_the_same_label_twice():
    contract = Contract(8, 8, 3, 8, 8, labels=("a", "b", "a", "d"))
    assert codes(metadata_writer.write(tflite_samples.int8_classifier(), contract, name="x")) == {"duplicate_labels"}


def with_files(**files):
    """A model with the writer's metadata block, but an archive of these files."""
    data = metadata_writer.write(tflite_samples.int8_classifier(), CONTRACT, name="x")
    content = io.BytesIO(data[: TfliteFile(data).archive.start])
    with zipfile.ZipFile(content, "a") as archive:
        for name, text in files.items():
            archive.writestr({"labels": "labels.txt", "contract": "tfl_lite_suite.json"}[name], text)
    return content.getvalue()


def test_normalization_that_contradicts_the_contract(monkeypatch):
    monkeypatch.setattr(metadata_writer, "_floats", functools.partial(other_floats, metadata_writer._floats))
    data = metadata_writer.write(tflite_samples.int8_classifier(), CONTRACT, name="x")
    assert codes(data) == {"normalization_contradicts"}


def other_floats(write, builder, values):
    return write(builder, [127.5 for _ in values])


def test_labels_that_the_archive_lacks():
    assert "associated_file_missing" in codes(with_files(contract=CONTRACT.to_json()))


def test_a_contract_of_another_shape():
    other = Contract(9, 9, 3, 9, 9, labels=CONTRACT.labels)
    assert codes(with_files(contract=other.to_json(), labels="a\nb\nc\nd")) == {"contract_contradicts"}


@pytest.mark.parametrize("labels", ["a\nb", "a\nb\nc\ne"])
def test_labels_that_contradict(labels):
    assert codes(with_files(contract=CONTRACT.to_json(), labels=labels)) == {"labels_contradict"}


def test_a_contract_that_is_none():
    assert "metadata_damaged" in codes(with_files(contract='{"version": 1}', labels="a\nb\nc\nd"))


def test_a_contract_that_is_no_text():
    found = metadata_rules.read(TfliteFile(with_files(contract=b"{\xff}", labels="a\nb\nc\nd")))[3]
    assert any("'tfl_lite_suite.json' in it is not UTF-8 text" in problem.message for problem in found)


def test_a_damaged_block_is_reported():
    data = bytearray(metadata_writer.write(tflite_samples.int8_classifier(), CONTRACT, name="x"))
    place = data.find(b"M001")
    data[place : place + 4] = b"M00X"
    assert "metadata_damaged" in codes(bytes(data))


def test_grey_input_described_as_such():
    graph = tflite_samples.Graph()
    image, out = (
        graph.tensor("image", (1, 8, 8, 1), np.uint8, [1.0], [0]),
        graph.tensor("out", (1, 64), np.uint8, [1.0], [0]),
    )
    graph.operator("RESHAPE", [image], [out])
    data = metadata_writer.write(
        graph.bytes([image], [out]), Contract(8, 8, 1, 8, 8, labels=tuple(map(str, range(64)))), name="x"
    )
    assert codes(data) == set()
    assert TfliteFile(data).metadata.inputs[0].color_space == "grayscale"
