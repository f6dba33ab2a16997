import numpy as np
import pytest
import quadrant_models

from tfl_lite_suite.lint import cost
from tfl_lite_suite.runtime import engines
from tfl_lite_suite.tflite.file import TfliteFile

ENGINES = [name for name in ("litert", "tflite_runtime") if engines.get(name).available()]

RUN = """
import json, sys, numpy as np
from tfl_lite_suite.core.command_line import describe
from tfl_lite_suite.runtime import engines
name, path, kernels, threads = sys.argv[1:5]
try:
    session = engines.get(name).open(path, kernels=kernels, threads=int(threads))
    spec, output = session.input, session.output
except Exception as error:
    print(json.dumps({"error": describe(error)}))
    sys.exit()
generator = np.random.default_rng(1)
pictures = generator.integers(0, 256, (20, 4, 4, 1))
shift = 128 if spec.dtype == "int8" else 0
scores = [session.invoke((picture[None] - shift).astype(spec.dtype))[0].tolist() for picture in pictures]
arena = session.arena_bytes
session.close()
print(json.dumps({
    "pictures": pictures.tolist(), "scores": scores, "arena": arena, "tensorflow": "tensorflow" in sys.modules,
    "input": [spec.shape, spec.dtype, spec.scale, spec.zero_point],
    "output": [output.shape, output.dtype, output.scale, output.zero_point],
}))
"""


def run(engine, path, kernels="default", threads=1):
    return quadrant_models.answer(RUN, engine, path, kernels, threads)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("kernels", ["default", "builtin", "reference"])
@pytest.mark.parametrize("dtype", ["float32", "int8"])
def test_runs_and_answers_as_computed_by_hand(engine, kernels, dtype, tmp_path):
    path = tmp_path / "model.tflite"
    path.write_bytes(quadrant_models.quadrants(dtype=dtype))
    found = run(engine, path, kernels, threads=2)
    pictures = np.array(found["pictures"])
    means = pictures.reshape(20, -1) @ quadrant_models.quadrant_weights().T / 4
    if dtype == "float32":
        assert np.allclose(found["scores"], means, rtol=1e-6)
        assert found["input"] == [[1, 4, 4, 1], "float32", 0.0, 0]
    else:
        assert np.abs(np.array(found["scores"]) + 128 - means).max() <= 1
        assert found["input"] == [[1, 4, 4, 1], "int8", 1.0, -128]
        assert found["output"] == [[1, 4], "int8", 1.0, -128]
    assert not found["tensorflow"]
    if kernels != "default":
        planned = cost.arena(TfliteFile.read(path).subgraphs[0]).bytes
        assert planned - 64 <= found["arena"] <= planned


@pytest.mark.parametrize("engine", ENGINES)
def test_an_open_batch_size_is_taken_as_one(engine, tmp_path):
    path = tmp_path / "model.tflite"
    path.write_bytes(quadrant_models.quadrants(signature=[-1, 4, 4, 1]))
    assert run(engine, path)["input"][0] == [1, 4, 4, 1]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"signature": [1, -1, -1, 1]}, "dynamic shape [1, -1, -1, 1]"),
        ({"inputs": 2}, "the model has 2 inputs"),
        ({"outputs": 2}, "the model has 2 outputs"),
    ],
)
@pytest.mark.parametrize("engine", ENGINES)
def test_what_cannot_be_a_classifier_is_one_clear_line(engine, settings, message, tmp_path):
    path = tmp_path / "model.tflite"
    path.write_bytes(quadrant_models.quadrants(**settings))
    error = run(engine, path)["error"]
    assert message in error and "\n" not in error


def test_tflite_runtime_is_refused_in_a_process_with_tensorflow(tmp_path):
    engine = "tflite_runtime"
    path = tmp_path / "model.tflite"
    path.write_bytes(quadrant_models.quadrants())
    code = "import sys, types; sys.modules['tensorflow'] = types.ModuleType('tensorflow')\n" + RUN
    assert "TensorFlow loaded" in quadrant_models.answer(code, engine, path, "default", 1)["error"]
