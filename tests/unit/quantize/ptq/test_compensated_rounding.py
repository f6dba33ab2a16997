import keras_samples
import numpy as np

from tfl_lite_suite.core.framework import keras
from tfl_lite_suite.models import layers
from tfl_lite_suite.quantize.ptq.compensated_rounding import compensate, rounded
from tfl_lite_suite.quantize.qat.activation_ranges import EXTREMES
from tfl_lite_suite.quantize.qat.fake_quantization import Plan
from tfl_lite_suite.quantize.qat.simulation import Simulation

PICTURES = keras_samples.blocky(48, (32, 32, 3))
SPARSE = "pruned"


def test_weights_of_inputs_that_are_alike_make_up_for_one_another():
    generator = np.random.default_rng(0)
    inputs = generator.normal(size=(2, 500, 1)) + 0.2 * generator.normal(size=(2, 500, 12))
    weights = generator.normal(size=(2, 12, 5))
    sizes = np.abs(weights)
    stays, steps = sizes == sizes.max(axis=1, keepdims=True), sizes.max(axis=1) / 7
    found = rounded(weights, inputs.transpose(0, 2, 1) @ inputs / 500, steps, stays)
    counts = found / steps[:, np.newaxis]
    np.testing.assert_allclose(counts, np.rint(counts), atol=1e-9)
    np.testing.assert_allclose(np.abs(counts[stays]), 7)
    nearest = np.rint(weights / steps[:, np.newaxis]) * steps[:, np.newaxis]
    assert np.square(inputs @ (found - weights)).mean() < 0.4 * np.square(inputs @ (nearest - weights)).mean()


def network():
    """Kernels of which one large weight makes the step of all others coarse; those of one layer are pruned."""
    image = keras.Input((32, 32, 3))
    x = layers.PixelNormalization([127.5] * 3, [127.5] * 3)(image)
    x = keras.layers.ReLU()(keras.layers.Conv2D(12, 3, 4)(x))
    x = keras.layers.DepthwiseConv2D(3, padding="same")(x)
    x = keras.layers.ReLU()(keras.layers.Conv2D(12, 1, name=SPARSE)(x))
    x = keras.layers.ReLU()(keras.layers.Conv2D(12, 3, dilation_rate=2)(x))
    model = keras.Model(image, keras.layers.Dense(5)(keras.layers.GlobalAveragePooling2D()(x)))
    for layer in keras_samples.randomize(model).layers:
        if layer.weights and not isinstance(layer, layers.PixelNormalization):
            kernel, bias = layer.get_weights()
            kernel[(0,) * (kernel.ndim - 2)] *= 60
            kernel *= 1e-3 if isinstance(layer, keras.layers.Dense) else 0.05  # logits that their range does not clip
            layer.set_weights([kernel * (kernel > 0) if layer.name == SPARSE else kernel, bias])
    return model


def test_a_network_answers_more_like_the_float_one_and_pruned_weights_stay():
    model = network()
    plan = Plan.of(model, PICTURES)
    simulation = Simulation(plan, plan.ranges_by(EXTREMES))
    pixels = PICTURES.astype(np.float32)
    kernels = {layer.name: layer.rounded[0] for layer in simulation.model.layers if getattr(layer, "rounded", ())}
    was = {name: (kernel.numpy(), quantizer.steps(kernel).numpy()) for name, (kernel, quantizer) in kernels.items()}
    exact, before = model(pixels).numpy(), simulation.model(pixels, training=False).numpy()
    compensate(simulation, PICTURES)
    after = simulation.model(pixels, training=False).numpy()
    assert np.square(after - exact).mean() < 0.7 * np.square(before - exact).mean()
    for name, (kernel, quantizer) in kernels.items():
        old, steps = was[name]
        np.testing.assert_allclose(quantizer.steps(kernel), steps, rtol=1e-5)
        assert np.array_equal(kernel, old) == (SPARSE in name or "normalization" in name), name
