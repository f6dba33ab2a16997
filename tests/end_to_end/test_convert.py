import pytest
import verb_process


@pytest.mark.parametrize(
    "flag",
    [
        [],
        ["--model=mobilnet_v2", "--output=x.tflite"],
        ["--model=no.keras", "--output=x.tflite"],
        ["--model=vgg16", "--output=x.tflite", "--scheme=int4"],
    ],
)
def test_mistakes_are_one_line_before_tensorflow_loads(flag, tmp_path):
    verb_process.check_mistake("convert", flag, tmp_path)


@pytest.mark.parametrize(
    ("inputs", "outputs", "message"),
    [
        ([(32, 32, 3), (4,)], 1, "expected one input and one output. Received: 2 inputs and 1 outputs"),
        ([(32, 32, 3)], 2, "expected one input and one output. Received: 1 inputs and 2 outputs"),
        ([(48,)], 1, r"expected pictures of one size, .* Received: \(None, 48\)\. Build it on"),
        ([(None, None, 3)], 1, r"expected pictures of one size, .* Received: \(None, None, None, 3\)\. Build it on"),
    ],
)
def test_files_that_are_no_classifier_of_pictures_are_refused(inputs, outputs, message, tmp_path):
    from tfl_lite_suite import convert
    from tfl_lite_suite.core.errors import SuiteError
    from tfl_lite_suite.core.framework import keras

    tensors = [keras.Input(shape) for shape in inputs]
    pooled = [keras.layers.GlobalAveragePooling2D()(x) if len(x.shape) == 4 else x for x in tensors]
    x = keras.layers.Concatenate()(pooled) if len(pooled) > 1 else pooled[0]
    model = keras.Model(tensors, [keras.layers.Dense(3)(x) for _ in range(outputs)])
    model.save(tmp_path / "model.keras")
    with pytest.raises(SuiteError, match=message):
        convert.open_model(str(tmp_path / "model.keras"))


def test_operators_in_float_are_counted_by_name():
    from tfl_lite_suite import convert
    from tfl_lite_suite.convert.result import Conversion

    ops = [{"name": name, "index": 0, "output": "x", "subgraph": 0} for name in ("ADD", "CONV_2D", "CONV_2D")]
    shown = convert.show(Conversion("x.tflite", "float32", 1234, False, tuple(ops), 1.0))
    assert shown == "x.tflite: float32, 1,234 bytes, 1.0 s; operators that compute in float: 2 CONV_2D, 1 ADD"
