import keras_samples
import numpy as np
import pytest

from tfl_lite_suite import models
from tfl_lite_suite.core.contract import Contract
from tfl_lite_suite.core.framework import keras
from tfl_lite_suite.models import tflite_converter
from tfl_lite_suite.tflite import metadata_writer, shared_buffers
from tfl_lite_suite.tflite.file import TfliteFile
from tfl_lite_suite.tflite.object_form import unpack

SIDE = 32
PICTURES = keras_samples.blocky(6, (SIDE, SIDE, 3))


@pytest.fixture(scope="module", params=["float32", "dynamic", "int8"])
def content(request):
    keras.utils.set_random_seed(0)
    model = keras_samples.randomize(models.build("mobilenet_v3_small", (SIDE, SIDE, 3), 10, alpha=0.5))
    return tflite_converter.convert(model, request.param, calibration=PICTURES)


def same(left, right):
    """Whether two trees of schema objects hold the same values."""
    if hasattr(left, "Pack"):
        return type(left) is type(right) and all(same(vars(left)[key], vars(right)[key]) for key in vars(left))
    if isinstance(left, list):
        return len(left) == len(right) and all(map(same, left, right))
    return np.array_equal(left, right)


def test_nothing_but_names_changes(content):
    small = shared_buffers.compact(content)
    before, after = unpack(content), unpack(small)
    for old, new in zip(before.subgraphs[0].tensors, after.subgraphs[0].tensors, strict=True):
        assert new.name.startswith(old.name.split(b";")[0])
        old.name = new.name
    assert same(before, after)
    changed = unpack(content)
    changed.subgraphs[0].tensors[-1].shape[0] += 1
    assert not same(unpack(content), changed), "the comparison sees nothing"


def test_names_differ_and_say_the_layer(content):
    graph = TfliteFile(shared_buffers.compact(content)).subgraphs[0]
    names = [tensor.name for tensor in graph.tensors]
    assert len(set(names)) == len(names) and not any(";" in name for name in names)
    outputs = [graph.tensors[op.outputs[0]].name for op in graph.operators if op.name == "CONV_2D"]
    assert outputs[0].startswith("mobilenet_v3_small/stem")
    before = TfliteFile(content)
    assert [spec.name for spec in before.inputs + before.outputs] == [
        names[index] for index in graph.input_indices + graph.output_indices
    ]


def test_files_become_smaller_and_stay_aligned(content):
    small = shared_buffers.compact(content)
    assert len(small) < len(content)
    assert shared_buffers.compact(small) == small
    file = TfliteFile(small)
    assert {file.buffer_place(index) % 16 for index in range(file.buffer_count) if file.buffer_bytes(index)} == {0}


def test_runtimes_give_the_same_answers(content, tmp_path):
    np.save(tmp_path / "pictures.npy", PICTURES)
    paths = [tmp_path / "plain.tflite", tmp_path / "small.tflite"]
    for path, data in zip(paths, (content, shared_buffers.compact(content)), strict=True):
        path.write_bytes(data)
    answers = keras_samples.run_on_engines([(path, tmp_path / "pictures.npy") for path in paths])
    engines = {engine for _, engine in answers}
    assert engines
    for engine in engines:
        plain, small = (answers[str(path), engine] for path in paths)
        assert np.ptp(plain, axis=0).max() > 0
        np.testing.assert_array_equal(plain, small)


def test_metadata_keep_the_sharing(content):
    small = shared_buffers.compact(content)
    described = metadata_writer.write(small, Contract(SIDE, SIDE, 3, SIDE, SIDE), name="sample")
    assert metadata_writer.strip(described) == small
    assert len(described) - len(small) < 4096


def test_lists_of_zero_points_stand_once_for_each_width():
    model = keras_samples.tiny_network()
    content = shared_buffers.compact(tflite_converter.convert(model, "int8", calibration=PICTURES[..., :1]))
    table = TfliteFile(content).subgraphs[0]._table
    quantizations = [item.table(4) for item in table.items(0)]
    lists = [(item.scalars(3, "q"), item.reader.follow(item.at(3))) for item in quantizations if item and item.at(3)]
    of_eight = {place for values, place in lists if values == (0,) * 8}
    assert len(of_eight) == 1 and len([1 for values, _ in lists if values == (0,) * 8]) >= 6


def test_the_int8_file_of_a_network_is_a_quarter():
    model = models.build("mobilenet_v2", (64, 64, 3), 1000)
    contract = Contract(64, 64, 3, 64, 64, labels=tuple(f"class {index}" for index in range(1000)))
    sizes = [
        len(
            metadata_writer.write(
                shared_buffers.compact(tflite_converter.convert(model, scheme, calibration=noise())), contract, name="x"
            )
        )
        for scheme in ("float32", "int8")
    ]
    assert sizes[0] / sizes[1] > 3.7


def noise():
    return np.random.default_rng(0).integers(0, 256, (2, 64, 64, 3), np.uint8)
