"""Learned rounding: how weights are rounded, biases and ranges, trained against the float network without labels.

Each weight moves by half a step at most, so that only the side changes to which it is rounded: a few hundred
pictures are enough, where training the weights freely would learn them by heart. All layers are trained together
against the float network's answers, which costs no more than to reconstruct them one after the other. Where they start
from, `compensated_rounding`, does the latter in closed form.

Source: Nagel et al., 2020, https://arxiv.org/abs/2004.10568 (rounding as what is learned); Li et al., 2021,
https://arxiv.org/abs/2102.05426; with the steps of Esser et al., 2020, https://arxiv.org/abs/1902.08153.
"""

import numpy as np

from tfl_lite_suite.core.framework import keras, tf
from tfl_lite_suite.core.progress import Progress
from tfl_lite_suite.core.types import Array, KerasModel, Tensor, TfFunction
from tfl_lite_suite.models import keras_graph
from tfl_lite_suite.models.graph.logits import as_logits
from tfl_lite_suite.models.quantizers import FakeQuantized
from tfl_lite_suite.quantize.qat.simulation import Simulation, sizes_of
from tfl_lite_suite.quantize.start import scores
from tfl_lite_suite.train.fast_gradient import fast_gradients
from tfl_lite_suite.train.optimizer import WarmupCosine
from tfl_lite_suite.train.relative_adam import RelativeAdam

_STEPS, _BATCH = 300, 16
# Of a weight's size, which is 127 of its int8 steps: 0.003 of a step, half a step in all. With 0.02 of a step the loss
# first rises to a multiple of the start's, and takes most of the steps to come down again.
_RATE = 0.003 / 127
_WARM_UP = 10


def learn(model: KerasModel, simulation: Simulation, pictures: Array, seed: int = 0, steps: int = _STEPS) -> None:
    """Trains rounding, biases and ranges until the int8 network answers as the float one.

    Args:
        model: The float network.
        simulation: The int8 network, changed in place; of its ranges, those that are trainable are trained.
        pictures: uint8 `(n, height, width, channels)`; 200 to 1,000.
        seed: Of the order of pictures.
        steps: Training steps, each with 16 pictures or their mirror images.
    """
    _thaw(simulation.model)
    both = [pictures, pictures[:, :, ::-1]]
    answers = [tf.nn.softmax(as_logits(model, scores(model, side))).numpy() for side in both]
    generator, progress = np.random.default_rng(seed), Progress("learned rounding", steps)
    count = min(_BATCH, len(pictures))
    with fast_gradients():
        step = _training_step(simulation.model, WarmupCosine(_RATE, steps, min(_WARM_UP, steps - 1)))
        for number in range(1, steps + 1):
            rows, side = generator.choice(len(pictures), count, replace=False), number % 2
            loss = step(tf.cast(both[side][rows], tf.float32), answers[side][rows])
            progress.update(number, f"loss {float(loss):.4f}")
    progress.close()


def _training_step(model: KerasModel, schedule: WarmupCosine) -> TfFunction:
    variables = model.trainable_variables
    optimizer = RelativeAdam(schedule, sizes_of(model))
    optimizer.build(variables)

    @tf.function(autograph=False)
    def step(images: Tensor, answers: Tensor) -> Tensor:
        with tf.GradientTape() as tape:
            logits = as_logits(model, model(images, training=True))
            loss = tf.reduce_mean(keras.losses.kl_divergence(answers, tf.nn.softmax(logits)))
        optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables, strict=True))
        return loss

    return step


def _thaw(model: KerasModel) -> None:
    """Lets every layer be trained that a file may have frozen, but what normalizes pixels."""
    pixels = {id(layer) for layer in model.layers if layer.name == "quant_pixels"}
    for layer in model.layers:
        reads = layer.inbound_nodes[0].keras_inputs
        of_pixels = bool(reads) and id(keras_graph.layer_of(reads[0])) in pixels
        if isinstance(layer, FakeQuantized) and not (of_pixels and not layer.trainable):
            layer.trainable = True
