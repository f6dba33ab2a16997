import numpy as np
import pytest
import quadrant_models
from ai_edge_litert.interpreter import Interpreter, OpResolverType
from places import ROOT

from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.tflite import metadata_writer
from tfl_lite_suite.tflite.file import TfliteFile
from tfl_lite_suite.tflite.object_form import pack, schema, unpack
from tfl_lite_suite.tflite.unsigned_io import unsigned

APP_MODEL = ROOT / "android_demo/app/src/main/assets/model.tflite"


def outputs(content, pictures, *, kernels=OpResolverType.AUTO):
    """Output bytes of pictures in the input's own type."""
    interpreter = Interpreter(model_content=content, experimental_op_resolver_type=kernels)
    interpreter.allocate_tensors()
    (input,), (output,) = interpreter.get_input_details(), interpreter.get_output_details()
    found = []
    for picture in pictures:
        interpreter.set_tensor(input["index"], picture[None])
        interpreter.invoke()
        found.append(interpreter.get_tensor(output["index"])[0].copy())
    return np.stack(found)


@pytest.mark.parametrize("kernels", [OpResolverType.AUTO, OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES])
def test_a_real_network_gives_the_same_numbers_counted_from_zero(kernels):
    content = metadata_writer.strip(APP_MODEL.read_bytes())
    changed = unsigned(content)
    file = TfliteFile(changed)
    assert (file.inputs[0].dtype, file.inputs[0].scale, file.inputs[0].zero_point) == ("uint8", 1.0, 0)
    assert file.outputs[0].dtype == "uint8" and file.fully_int8
    pixels = np.random.default_rng(0).integers(0, 256, (8, *file.inputs[0].shape[1:]), np.uint8)
    before = outputs(content, (pixels ^ 0x80).view(np.int8), kernels=kernels)
    after = outputs(changed, pixels, kernels=kernels)
    assert np.array_equal(after, before.view(np.uint8) ^ 0x80) and len(np.unique(after)) > 10
    assert unsigned(changed) is changed


def test_signatures_name_the_new_tensors():
    model = unpack(quadrant_models.quadrants(dtype="int8"))
    entry, other = schema.TensorMapT(), schema.TensorMapT()
    entry.name, entry.tensorIndex = b"image", model.subgraphs[0].inputs[0]
    other.name, other.tensorIndex = b"scores", model.subgraphs[0].outputs[0]
    signature = schema.SignatureDefT()
    signature.signatureKey, signature.inputs, signature.outputs = b"serve", [entry], [other]
    model.signatureDefs = [signature]
    file = TfliteFile(unsigned(pack(model)))
    assert file.signatures == {"serve": ({"image": file.inputs[0].index}, {"scores": file.outputs[0].index})}


def test_a_float_model_stays_and_an_int8_one_without_scale_is_refused():
    content = quadrant_models.quadrants()
    assert unsigned(content) is content
    with pytest.raises(SuiteError, match="'picture0': int8 without one scale"):
        unsigned(quadrant_models.quadrants(dtype="int8", scale=0.0))
