import keras_samples
import numpy as np
import pytest

from tfl_lite_suite import models
from tfl_lite_suite.core.framework import keras, tf
from tfl_lite_suite.models import layers
from tfl_lite_suite.quantize.qat.activation_ranges import EXTREMES
from tfl_lite_suite.quantize.qat.fake_quantization import Plan
from tfl_lite_suite.quantize.qat.simulation import Simulation, kernel_and_bias, sizes_of
from tfl_lite_suite.train.relative_adam import RelativeAdam

PICTURES = keras_samples.blocky(32, (32, 32, 3))
PIXELS = PICTURES.astype(np.float32)


def simulated(model, train_ranges=True):
    plan = Plan.of(keras_samples.randomize(model), PICTURES)
    return Simulation(plan, plan.ranges_by(EXTREMES), train_ranges)


def small():
    """What the ranges of depend on each other: swish, a gate, a mean, a sum, and a concatenation."""
    image = keras.Input((32, 32, 3))
    x = keras.layers.Conv2D(8, 3, 4)(layers.PixelNormalization([127.5] * 3, [127.5] * 3)(image))
    x = layers.Swish()(x)
    gate = keras.layers.Conv2D(8, 1)(keras.layers.GlobalAveragePooling2D(keepdims=True)(x))
    x = keras.layers.Multiply()([x, layers.HardSigmoid()(gate)])
    y = keras.layers.ReLU(6.0)(keras.layers.Conv2D(8, 1)(x))
    x = keras.layers.Concatenate()([keras.layers.Add()([x, y]), y])
    return keras.Model(image, keras.layers.Dense(4)(keras.layers.GlobalAveragePooling2D()(x)))


def test_the_frozen_model_answers_alike_and_keeps_the_ranges():
    simulation = simulated(small())
    frozen = simulation.freeze()
    exact, rounded = frozen(PIXELS, training=False).numpy(), simulation.model(PIXELS, training=False).numpy()
    step = np.ptp(exact) / 255
    assert np.mean(np.abs(exact - rounded) <= 3 * step) >= 0.95


def train(simulation, steps=3, rate=0.01):
    model = simulation.model
    optimizer = RelativeAdam(rate, sizes_of(model))
    optimizer.build(model.trainable_variables)
    for _ in range(steps):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.square(model(PIXELS, training=True) - 1))
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=True))
    return model


def test_training_moves_ranges_weights_and_biases_within_what_kernels_can_do():
    simulation = simulated(small())
    before, weights = simulation.ranges(), [value.copy() for value in simulation.model.get_weights()]
    train(simulation)
    after = simulation.ranges()
    plan = simulation.plan
    fixed = {tensor for tensor in plan.tensors if plan.is_fixed(tensor)}
    moved = [tensor for tensor in plan.tensors if not np.allclose(before[tensor], after[tensor], rtol=1e-6)]
    assert moved and not fixed & set(moved)
    for tensor in plan.tensors:
        low, high = after[tensor]
        assert low <= 0 < high and (before[tensor][0] < 0 or low == 0)
        assert after[tensor] == after[plan.leader(tensor)]
        assert not plan.cap(tensor) or high <= plan.cap(tensor) or plan.leader(tensor) != tensor
    changed = [not np.array_equal(old, new) for old, new in zip(weights, simulation.model.get_weights(), strict=True)]
    assert sum(changed) >= 10
    trained = {layer.name: kernel_and_bias(layer) for layer in simulation.model.layers}
    for layer in simulation.freeze().layers:
        for frozen, variable in zip(kernel_and_bias(layer), trained.get(layer.name, []), strict=False):
            np.testing.assert_array_equal(frozen, variable)


def test_ranges_that_are_not_to_be_trained_stay():
    simulation = simulated(small(), train_ranges=False)
    before = simulation.ranges()
    train(simulation)
    assert simulation.ranges() == before


@pytest.mark.parametrize("name", ["efficientnet_b0", "mobilenet_v3_small", "shufflenet_v2"])
def test_every_trainable_variable_has_a_size(name):
    simulation = simulated(models.build(name, (32, 32, 3), 4, alpha=0.5))
    sizes = sizes_of(simulation.model)
    for variable in simulation.model.trainable_variables:
        size = np.broadcast_to(sizes[variable.ref()], variable.shape)
        assert (size > 0).all()
        if len(variable.shape) > 1:
            assert (np.abs(variable) <= size * 1.001).all()


def test_biases_are_read_and_set():
    simulation = simulated(small())
    biases = {name: value + 1 for name, value in simulation.biases().items()}
    assert len(biases) == 5
    simulation.set_biases(biases)
    assert all((value == biases[name]).all() for name, value in simulation.biases().items())
