import numpy as np
import pytest
from keras_samples import blocky

from tfl_lite_suite.core.framework import keras
from tfl_lite_suite.models import tflite_converter
from tfl_lite_suite.models.tflite_interpreter import Interpreter
from tfl_lite_suite.quantize.ptq import logit_range, techniques
from tfl_lite_suite.tflite.file import TfliteFile

PICTURES = blocky(64, (16, 16, 3))
CLASSES = 6
# The last class is never meant, and its logit stretches the range of all.
FAR_BELOW = -400.0


def network(last=(), activation="relu"):
    keras.utils.set_random_seed(3)
    image = keras.Input((16, 16, 3))
    x = keras.layers.Rescaling(1 / 128, -1)(image)
    x = keras.layers.Conv2D(16, 3, 2, "same", activation=activation)(x)
    x = keras.layers.Dense(CLASSES, name="logits")(keras.layers.GlobalAveragePooling2D()(x))
    for layer in last:
        x = layer(x)
    model = keras.Model(image, x)
    kernel, bias = model.get_layer("logits").get_weights()
    bias[-1] = FAR_BELOW
    model.get_layer("logits").set_weights([8 * kernel, bias])
    return model


def logits_of(model):
    return model(PICTURES.astype(np.float32)).numpy()


@pytest.mark.parametrize("io_type", ["int8", "uint8", "float32"])
def test_logits_get_finer_steps_and_the_far_one_saturates(io_type):
    model = network()
    logits = logits_of(model)
    content = tflite_converter.convert(model, "int8", io_type=io_type, calibration=PICTURES)
    file = TfliteFile(content)
    narrowed = logit_range.narrow(file, logits)
    error, finer = (np.abs(Interpreter(each.content).scores(PICTURES) - logits) for each in (file, narrowed))
    assert finer[:, :-1].max() < 0.25 * error[:, :-1].max()
    assert Interpreter(narrowed.content).scores(PICTURES)[:, -1].max() < logits[:, :-1].min(axis=1).min()
    assert logit_range.narrow(narrowed, logits) is narrowed


def test_outputs_with_a_scale_of_their_own_stay():
    model = network([keras.layers.Softmax()])
    file = TfliteFile(tflite_converter.convert(model, "int8", calibration=PICTURES))
    assert logit_range.narrow(file, logits_of(network())) is file


def test_quantization_takes_the_finer_steps_and_mixed_files_keep_them():
    # Training for int8 refuses a tanh, so that there is no file of its plan, which finds the logits' range otherwise.
    done = techniques.quantize(network(activation="tanh"), PICTURES)
    assert techniques.LOGIT_RANGE in done.report["techniques"]
    assert done.best.agreement > done.report["candidates"][0]["agreement"]
    steps = [file.outputs[0].scale for file in (done.best.file, done.best.full_range)]
    assert steps[0] < 0.25 * steps[1]
    mixed = techniques.with_fallback(done, 1.0) if done.best.agreement < 1 else done
    assert TfliteFile(mixed.content).outputs[0].scale == pytest.approx(steps[0])
