import keras_samples
import numpy as np

from tfl_lite_suite.core.framework import keras
from tfl_lite_suite.models import layers
from tfl_lite_suite.quantize.qat.activation_ranges import EXTREMES
from tfl_lite_suite.quantize.qat.fake_quantization import Plan
from tfl_lite_suite.quantize.qat.simulated_bias import correct_biases
from tfl_lite_suite.quantize.qat.simulation import Simulation

PICTURES = keras_samples.blocky(32, (32, 32, 3))


def test_linear_layers_get_the_mean_back_that_rounding_takes():
    image = keras.Input((32, 32, 3))
    x = layers.PixelNormalization([127.5] * 3, [127.5] * 3)(image)
    x = keras.layers.ReLU()(keras.layers.Conv2D(8, 3, 4)(x))
    x = shortcut = keras.layers.Conv2D(8, 1, name="linear")(x)
    x = keras.layers.Add()([shortcut, keras.layers.Conv2D(8, 3, padding="same", name="second")(x)])
    model = keras_samples.randomize(
        keras.Model(image, keras.layers.Dense(4, name="dense")(keras.layers.GlobalAveragePooling2D()(x)))
    )
    plan = Plan.of(model, PICTURES)
    ranges = plan.ranges_by(EXTREMES)
    # A step four times as coarse shifts means that training pictures show.
    coarse = {tensor: (4 * low, 4 * high) for tensor, (low, high) in ranges.items()}
    simulation = Simulation(plan, coarse)
    pixels = PICTURES.astype(np.float32)
    before, exact = simulation.model(pixels, training=False).numpy(), model(pixels).numpy()
    biases = simulation.biases()
    assert correct_biases(simulation, PICTURES) == 4  # the stem's normalization is linear, too
    after = simulation.model(pixels, training=False).numpy()
    assert np.abs((after - exact).mean(axis=0)).max() <= np.abs((before - exact).mean(axis=0)).max()
    moved = {name for name, bias in simulation.biases().items() if not np.array_equal(bias, biases[name])}
    assert {"quant_linear", "quant_second"} <= moved
