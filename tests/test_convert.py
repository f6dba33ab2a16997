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


def test_operators_in_float_are_counted_by_name():
    from tfl_lite_suite import convert

    ops = [{"name": name, "index": 0, "output": "x", "subgraph": 0} for name in ("ADD", "CONV_2D", "CONV_2D")]
    results = {"output": "x.tflite", "scheme": "float32", "file_bytes": 1234, "seconds": 1.0, "fully_int8": False}
    shown = convert.show({**results, "float_ops": ops})
    assert shown == "x.tflite: float32, 1,234 bytes, 1.0 s; operators that compute in float: 2 CONV_2D, 1 ADD"
