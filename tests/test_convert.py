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
