import numpy as np
import pytest
from keras_samples import blocky

from tfl_lite_suite.core.framework import keras
from tfl_lite_suite.models import tflite_converter
from tfl_lite_suite.models.tflite_interpreter import Interpreter
from tfl_lite_suite.quantize.ptq import bias_correction, int16_fallback
from tfl_lite_suite.tflite import shared_buffers
from tfl_lite_suite.tflite.file import TfliteFile
from tfl_lite_suite.tflite.object_form import pack, unpack

PICTURES = blocky(12, (32, 32, 3))


def network(shared_bias=False):
    """Linear convolutions with kernels that round badly: one large weight makes the step of all others coarse."""
    generator = np.random.default_rng(0)
    x = image = keras.Input((32, 32, 3))
    for name in ("first", "second"):
        x = keras.layers.Conv2D(16, 3, 2, "same", name=name)(x)
        x = keras.layers.Conv2D(16, 1, activation="relu", name=f"{name}_relu")(x)
    model = keras.Model(image, keras.layers.Dense(4, name="last")(keras.layers.GlobalAveragePooling2D()(x)))
    for layer in model.layers:
        if layer.get_weights():
            kernel, bias = layer.get_weights()
            kernel = np.abs(generator.normal(0, 0.03, kernel.shape))
            kernel[..., 0, :] *= 40
            layer.set_weights([kernel, bias if shared_bias else generator.normal(0, 0.1, bias.shape)])
    return model


@pytest.fixture(scope="module", params=[False, True], ids=["own biases", "shared biases"])
def files(request):
    model = network(request.param)
    content = tflite_converter.convert(model, "int8", calibration=PICTURES.copy())
    return model, content, tflite_converter.convert(model, "float32")


def corrected_biases(content, reference):
    return bias_correction.correct(TfliteFile(content), TfliteFile(reference), PICTURES)


def mean_shift(content, reference, name):
    """Largest difference of a channel's mean from the float model's, in int8 steps."""
    means, step = [], 0.0
    for data in (content, reference):
        interpreter = Interpreter(data, keep_all=True)
        tensor = next(
            t
            for t in TfliteFile(data).subgraphs[0].tensors
            if f"/{name}/" in t.name and len(t.shape) == 4 and t.shape[1] > 3
        )
        values = []
        for picture in PICTURES:
            interpreter.invoke([interpreter.pixels(picture)])
            values.append(interpreter.tensor(tensor.index).astype(np.float64))
        scale = tensor.scale or 1.0
        step = max(step, tensor.scale)
        means.append((np.mean(values, axis=(0, 1, 2, 3)) - tensor.zero_point) * scale)
    return np.abs(means[0] - means[1]).max() / step


def test_means_return_to_those_of_the_float_model(files):
    _, content, reference = files
    result = corrected_biases(content, reference)
    assert [name.split("/")[1] for name, _ in result.layers[:2]] == ["first", "second"]
    assert mean_shift(content, reference, "second") > 0.3
    assert mean_shift(result.file.content, reference, "second") < 0.1


def test_a_picture_unlike_all_others_does_not_count():
    each = np.array([[1.0, 5.0], [1.0, 5.0], [1.0, 500.0], [-99.0, 5.0]])
    np.testing.assert_array_equal(bias_correction.middle_mean(each), [1, 5])
    np.testing.assert_array_equal(bias_correction.middle_mean(each[:1]), [1, 5])


def test_only_biases_of_linear_layers_change(files):
    _, content, reference = files
    corrected = corrected_biases(content, reference).file.content
    before, after = TfliteFile(content).subgraphs[0], TfliteFile(corrected).subgraphs[0]
    old, new = TfliteFile(content), TfliteFile(corrected)
    for was, now in zip(before.operators, after.operators, strict=True):
        changed = [
            place
            for place, (i, j) in enumerate(zip(was.inputs, now.inputs, strict=True))
            if bytes(old.buffer(before.tensors[i].buffer)) != bytes(new.buffer(after.tensors[j].buffer))
        ]
        assert changed == ([2] if was.name in ("CONV_2D", "FULLY_CONNECTED") and was.activation == "NONE" else [])


def test_a_shared_bias_is_split():
    model = network(shared_bias=True)
    content = tflite_converter.convert(model, "int8", calibration=PICTURES.copy())
    tree = unpack(content)
    graph = TfliteFile(content).subgraphs[0]
    linear = [op for op in graph.operators if op.name == "CONV_2D"][:2]
    # The second convolution reads the first one's tensor.
    tree.subgraphs[0].operators[linear[1].index].inputs[2] = linear[0].inputs[2]
    reference = tflite_converter.convert(model, "float32")
    corrected = corrected_biases(pack(tree), reference).file.content
    inputs = [op.inputs[2] for op in TfliteFile(corrected).subgraphs[0].operators if op.name == "CONV_2D"]
    assert inputs[0] != inputs[1]


def test_biases_that_share_their_bytes_are_corrected_each_for_itself(files):
    _, content, reference = files
    one = corrected_biases(content, reference)
    # Compact files name their tensors otherwise, so the reference is one, too.
    other = corrected_biases(shared_buffers.compact(content), shared_buffers.compact(reference))
    assert [shift for _, shift in one.layers] == [shift for _, shift in other.layers]
    np.testing.assert_array_equal(
        Interpreter(one.file.content).scores(PICTURES), Interpreter(other.file.content).scores(PICTURES)
    )


def test_a_file_without_matching_tensors_is_left(files):
    _, content, _ = files
    other = tflite_converter.convert(keras.Sequential([keras.layers.Flatten(input_shape=(32, 32, 3))]), "float32")
    result = corrected_biases(content, other)
    assert result.file.content == content and result.layers == ()


def test_layers_with_16_bit_activations_are_corrected_too(files):
    _, content, reference = files
    file = TfliteFile(content)
    wide = int16_fallback.widen(file, sorted(int16_fallback.candidates(file)[0])).content
    result = corrected_biases(wide, reference)
    assert [name for name, _ in result.layers] == [name for name, _ in corrected_biases(content, reference).layers]
    assert mean_shift(result.file.content, reference, "second") < 0.01 * mean_shift(wide, reference, "second")
