import keras_samples
import numpy as np

from tfl_lite_suite.core.framework import keras
from tfl_lite_suite.models import layers
from tfl_lite_suite.models.graph.logits import divergence
from tfl_lite_suite.quantize import start
from tfl_lite_suite.quantize.ptq import learned_rounding
from tfl_lite_suite.quantize.qat.simulation import kernel_and_bias

PICTURES = keras_samples.blocky(96, (32, 32, 3))


def network():
    image = keras.Input((32, 32, 3))
    x = layers.PixelNormalization([127.5] * 3, [127.5] * 3)(image)
    for number in range(3):
        x = keras.layers.Conv2D(12, 3, 2, "same", name=f"convolution_{number}")(x)
        x = layers.Swish()(x)
    model = keras.Model(image, keras.layers.Dense(6)(keras.layers.GlobalAveragePooling2D()(x)))
    kernel, bias = keras_samples.randomize(model).layers[-1].get_weights()
    model.layers[-1].set_weights([8 * kernel, bias])
    return model


def test_the_int8_network_comes_nearer_to_the_float_one_on_pictures_it_did_not_learn_from():
    model = network()
    for layer in model.layers:
        layer.trainable = False  # as after transfer learning
    begun = start.find(model, PICTURES[:48], PICTURES[48:64])
    # Coarser ranges leave more to be learned.
    plan = begun.plan
    coarse = {
        tensor: (low, high) if plan.is_fixed(tensor) else (3 * low, 3 * high)
        for tensor, (low, high) in begun.ranges.items()
    }
    begun = start.Start(plan, coarse, begun.biases, begun.chosen, begun.trials, begun.notes)
    expected = start.scores(model, PICTURES[64:])
    before, learned = begun.simulation(), begun.simulation(train_ranges=True)
    learned_rounding.learn(model, learned, PICTURES[:48], steps=60)
    kl = [divergence(expected, start.scores(of.model, PICTURES[64:])).mean() for of in (before, learned)]
    assert kl[1] < 0.9 * kl[0], kl
    for old, new in zip(before.model.layers, learned.model.layers, strict=True):
        for variable, moved in list(zip(kernel_and_bias(old), kernel_and_bias(new), strict=True))[:1]:
            step = np.abs(variable).max(axis=tuple(range(len(variable.shape) - 1))) / 127
            assert (np.abs(variable - moved) <= 4 * np.maximum(step, step.max() / 100)).all()
    normalization = next(layer for layer in learned.model.layers if layer.name.startswith("quant_pixel_normalization"))
    assert not normalization.trainable
