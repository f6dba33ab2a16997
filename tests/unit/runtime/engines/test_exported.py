import pathlib

import graph_models
import numpy as np
import pytest
import quadrant_models

from tfl_lite_suite import export
from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.export import exporters
from tfl_lite_suite.runtime import engines
from tfl_lite_suite.runtime.engines._exported import ExportedEngine

FORMATS = {exporters.get(name).ENGINE: name for name in exporters.of_engines()}
# Answers of an engine on twenty pictures of noise.
RUN = """
import json, os, sys, numpy as np
from tfl_lite_suite.core.command_line import describe
from tfl_lite_suite.runtime import engines, pixels
from tfl_lite_suite.tflite.normalization import RAW
result = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)  # MNN prints on stdout.
name, path, threads = sys.argv[1:4]
try:
    session = engines.get(name).open(path, threads=int(threads))
    generator = np.random.default_rng(1)
    pictures = generator.integers(0, 256, (20, *session.input.shape[1:]), np.uint8)
    tensors = pixels.encoder(session.input, RAW).encode(pictures)
    raw = [session.invoke(tensor[None]) for tensor in tensors]
    again = [session.invoke(tensor[None]) for tensor in tensors]
    assert all((one == other).all() for one, other in zip(raw, again))
    scores = pixels.dequantize(np.concatenate(raw), session.output).tolist()
    session.close()
    found = {"pictures": pictures.tolist(), "scores": scores, "tensorflow": "tensorflow" in sys.modules}
except Exception as error:
    found = {"error": describe(error)}
print(json.dumps(found), file=result)
"""

# An engine's operators and their times.
PROFILE = """
import json, os, sys, tempfile, numpy as np
from tfl_lite_suite.runtime import engines
result = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)
name, path, tempfile.tempdir = sys.argv[1:4]
before = set(os.listdir(tempfile.tempdir))
session = engines.get(name).open_profiled(path)
for _ in range(5):
    session.run()
trace = session.profile(9)
print(json.dumps({
    "operators": trace.operators, "shape": trace.ns.shape, "medians": np.median(trace.ns, axis=0).tolist(),
    "runs": len(trace.run_ns), "run_ns": float(np.median(trace.run_ns)),
    "left": sorted(set(os.listdir(tempfile.tempdir)) - before),
}), file=result)
"""


@pytest.fixture
def exported(tmp_path):
    """Writes the quadrant model and exports it."""

    def make(engine, **settings):
        path = tmp_path / "model.tflite"
        path.write_bytes(quadrant_models.quadrants(**settings))
        return export.export(str(path), FORMATS[engine], str(tmp_path))[0][0]

    return make


@pytest.mark.parametrize("engine", FORMATS)
@pytest.mark.parametrize("threads", [1, 2])
def test_answers_as_computed_by_hand(engine, threads, exported):
    found = quadrant_models.answer(RUN, engine, exported(engine), threads)
    means = np.array(found["pictures"]).reshape(20, -1) @ quadrant_models.quadrant_weights().T / 4
    assert np.allclose(found["scores"], means, rtol=1e-5)
    assert not found["tensorflow"]


@pytest.mark.parametrize("engine", ["onnxruntime", "ncnn"])
def test_int8_answers_as_computed_by_hand(engine, exported):
    found = quadrant_models.answer(RUN, engine, exported(engine, dtype="int8"), 1)
    means = np.array(found["pictures"]).reshape(20, -1) @ quadrant_models.quadrant_weights().T / 4
    assert np.abs(found["scores"] - means).max() <= 0.51


@pytest.mark.parametrize("engine", FORMATS)
def test_the_time_of_each_operator(engine, exported, tmp_path):
    dense_ns = []
    for side in (64, 256):
        found = quadrant_models.answer(PROFILE, engine, exported(engine, side=side), tmp_path)
        assert found["shape"] == [9, len(found["operators"])] and found["runs"] == 9
        assert all(name and kind for name, kind in found["operators"])
        assert 0 < sum(found["medians"]) < found["run_ns"]
        assert found["left"] == []
        kinds = [kind for _, kind in found["operators"]]
        dense = [place for place, kind in enumerate(kinds) if kind in ("Gemm", "MatMul", "InnerProduct", "Convolution")]
        dense_ns.append(sum(found["medians"][place] for place in dense))
    # Sixteen times the multiply-adds.
    assert dense_ns[1] > 4 * dense_ns[0] > 0


@pytest.mark.parametrize("engine", FORMATS)
def test_the_file_tells_its_contract_without_the_runtime(engine, tmp_path):
    path = graph_models.write(tmp_path / "x.tflite", "float32")
    files, _ = export.export(str(path), FORMATS[engine], str(tmp_path))
    found = engines.get(engine).inspect(files[0])
    assert found.contract == graph_models.CONTRACT and found.labels == graph_models.LABELS
    assert (found.input_shape, found.output_shape) == ((1, 13, 13, 3), (1, 3))
    assert found.file_bytes == sum(pathlib.Path(name).stat().st_size for name in files[:-1])


@pytest.mark.parametrize("engine", FORMATS)
def test_what_is_wrong_with_a_file(engine, exported, tmp_path):
    runtime = engines.get(engine)
    assert isinstance(runtime, ExportedEngine)
    path = pathlib.Path(exported(engine))
    with pytest.raises(SuiteError, match=f"{engine} runs {runtime.suffix} files.*--to={FORMATS[engine]}"):
        runtime.inspect(str(tmp_path / "model.tflite"))
    with pytest.raises(SuiteError, match="has no choice of kernels. Received: 'builtin'"):
        runtime.open(str(path), kernels="builtin")
    for name in sorted(tmp_path.glob("model.*")):
        if name.suffix in (".onnx", ".mnn", ".param"):
            name.write_bytes(name.read_bytes()[:30])
    error = quadrant_models.answer(RUN, engine, path, 1)["error"]
    assert f"{engine} " in error and str(path) in error
    pathlib.Path(f"{path}.json").unlink()
    with pytest.raises(SuiteError, match="no 'model.*json' beside it"):
        runtime.inspect(str(path))
    with pytest.raises(SuiteError, match="no such file"):
        runtime.inspect(str(path.with_name("none" + runtime.suffix)))
