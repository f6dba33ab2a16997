import json
import random

import pytest
import tflite_samples

from tfl_lite_suite.core.contract import Contract
from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.lint import analysis
from tfl_lite_suite.tflite import metadata_writer

CONTRACT = Contract(8, 8, 3, 8, 8, labels=("a", "b", "c", "d"))


@pytest.fixture
def analyse(tmp_path):
    def work(data, target=analysis.DEFAULT_TARGET):
        path = tmp_path / "x.tflite"
        path.write_bytes(data)
        return analysis.analyse(path, target).document()

    return work


def test_the_documented_keys(analyse):
    document = analyse(metadata_writer.write(tflite_samples.int8_classifier(), CONTRACT, name="x"))
    json.dumps(document)
    assert {"name": "CONV_2D", "version": 3, "count": 1} in document["ops"]
    assert document["fully_int8"] is True and document["float_ops"] == []
    assert document["min_runtime"] == "1.14.0"
    assert document["contract"]["labels"] == document["labels"] == list(CONTRACT.labels)
    assert document["problems"] == []
    assert document["macs"] == sum(op["macs"] for op in document["operators"]) > 0
    assert document["inputs"][0] == {
        "name": "image", "shape": [1, 8, 8, 3], "dtype": "int8", "scale": 1.0, "zero_point": -128
    }  # fmt: skip


def test_problems_are_whole_and_the_gravest_come_first(analyse):
    document = analyse(tflite_samples.int8_classifier(float_mean=True), "tensorflow-1.13")
    severities = [problem["severity"] for problem in document["problems"]]
    assert severities == sorted(severities, key=("error", "warning", "info").index) and severities[0] == "error"
    assert all(
        set(problem) == {"code", "severity", "message", "fix"} and all(problem.values())
        for problem in document["problems"]
    )


def test_an_operator_of_no_release_has_no_oldest_runtime(analyse):
    graph = tflite_samples.Graph()
    a, b = graph.tensor("a", (1,)), graph.tensor("b", (1,))
    graph.operator("RELU", [a], [b], version=99)
    assert analyse(graph.bytes([a], [b]))["min_runtime"] is None


def test_an_unknown_target_is_told(analyse):
    with pytest.raises(SuiteError, match="target_runtime"):
        analyse(tflite_samples.int8_classifier(), "nonsense")


def test_hostile_files_are_analysed_or_refused(analyse):
    generator = random.Random(11)
    whole = metadata_writer.write(tflite_samples.int8_classifier(float_mean=True), CONTRACT, name="x")
    for _ in range(1000):
        data = bytearray(whole)
        for _ in range(generator.choice((1, 1, 3))):
            data[generator.randrange(len(data))] ^= 1 << generator.randrange(8)
        try:
            json.dumps(analyse(bytes(data)), allow_nan=False)
        except SuiteError as error:
            assert "\n" not in str(error)


def test_absurd_sizes_cost_nothing(analyse):
    graph = tflite_samples.Graph()
    shape = (2**31 - 1, 2**31 - 1, 2**31 - 1, 3)
    a, b = graph.tensor("a", shape), graph.tensor("b", shape)
    kernel = graph.tensor("kernel", shape)
    graph.operator("CONV_2D", [a, kernel, -1], [b], options=tflite_samples.convolution())
    assert analyse(graph.bytes([a], [b]))["macs"] == 2**53
