import numpy as np
from keras_samples import blocky, tiny_network

from tfl_lite_suite.models import tflite_converter
from tfl_lite_suite.models.tflite_interpreter import Interpreter
from tfl_lite_suite.tflite.file import TfliteFile
from tfl_lite_suite.tflite.object_form import pack, unpack

PICTURES = blocky(8, (32, 32, 1))


def test_packing_keeps_answers_and_aligns_buffers():
    content = tflite_converter.convert(tiny_network(), "int8", calibration=PICTURES)
    packed = pack(unpack(content))
    np.testing.assert_array_equal(Interpreter(packed).scores(PICTURES), Interpreter(content).scores(PICTURES))
    file = TfliteFile(packed)
    assert {file.buffer_place(index) % 16 for index in range(file.buffer_count) if file.buffer_bytes(index)} == {0}
