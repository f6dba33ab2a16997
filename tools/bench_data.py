"""Shows that input never starves training: images/s of the pipeline against images/s of a training step.

    python tools/bench_data.py [--data=fashion_mnist] [--resolution=32] [--batch_size=128] [--model=mobilenet_v2]

Pipeline and step are timed alone and together, in one run, by turns; the ratios are what counts. `cpu` is the share of
the machine's cores that the pipeline takes while training runs; `fed` is the speed of training from the pipeline
against training on batches that are already there.
"""

import argparse
import itertools
import os
import statistics
import time
from collections.abc import Callable

import tfl_lite_suite.data as data
from tfl_lite_suite import models
from tfl_lite_suite.core.framework import keras, tf
from tfl_lite_suite.core.recipe import Augment, Data
from tfl_lite_suite.data import pipeline

READY_BATCHES = 8
AUGMENTS = {
    "none": Augment(),
    "flip + crop": Augment(flip=True, crop=0.1),
    "flip + crop + color": Augment(flip=True, crop=0.1, color=0.3),
    "flip + crop + erasing + mixup + cutmix": Augment(flip=True, crop=0.1, erasing=0.25, mixup=0.2, cutmix=1.0),
    "flip + 2 x RandAugment": Augment(flip=True, rand_augment_layers=2),
}


def main() -> None:
    """Prints one line for each set of augmentations."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", default="fashion_mnist")
    parser.add_argument("--color", default="grey", choices=["grey", "rgb"])
    parser.add_argument("--resolution", type=int, default=32)
    parser.add_argument("--batch_size", type=int, default=128)
    parser.add_argument("--model", default="mobilenet_v2", choices=models.names())
    parser.add_argument("--alpha", type=float, default=0.35)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=20, help="Batches in a round.")
    given = parser.parse_args()
    images = data.load(Data(source=given.data, resolution=given.resolution, color=given.color), seed=0)
    classes = len(images.class_names)
    step = training_step(models.build(given.model, images.contract.image_shape, classes, alpha=given.alpha))
    print(f"{given.model} {given.alpha}, {given.resolution} pixels, batch {given.batch_size}, median of {given.rounds}")
    for name, augment in AUGMENTS.items():
        batches = iter(pipeline.training_batches(images.train, given.batch_size, augment, 0, 0, 10_000, classes))
        ready = itertools.cycle([next(batches) for _ in range(given.steps)])
        timed(lambda draw=ready: step(*next(draw)), READY_BATCHES)
        drawn, busy, trained, fed = [], [], [], []
        for number in range(given.rounds):
            timed(lambda draw=batches: next(draw), READY_BATCHES)
            seconds, cpu = timed(lambda draw=batches: next(draw), given.steps)
            drawn.append(seconds)
            busy.append(cpu)
            pair = [(trained, ready), (fed, batches)]
            for times, source in pair if number % 2 else pair[::-1]:
                times.append(timed(lambda draw=source: step(*next(draw)), given.steps)[0])
        report(name, given.batch_size, *(statistics.median(values) for values in (drawn, busy, trained, fed)))


def report(name: str, batch_size: int, drawn: float, busy: float, trained: float, fed: float) -> None:
    """Prints rates and ratios from the seconds of one batch."""
    share = busy / trained / (os.cpu_count() or 1)
    print(
        f"{name:40s} pipeline {batch_size / drawn:9.0f} images/s   step {batch_size / trained:7.0f} images/s   "
        f"ratio {trained / drawn:6.1f}   cpu {share:5.1%}   fed {trained / fed:4.0%}"
    )


def timed(work: Callable[[], object], times: int) -> tuple[float, float]:
    """Returns seconds and seconds of processor time of one call."""
    begin, cpu = time.perf_counter(), time.process_time()
    for _ in range(times):
        work()
    return (time.perf_counter() - begin) / times, (time.process_time() - cpu) / times


def training_step(model: keras.Model) -> Callable[[tf.Tensor, tf.Tensor], tf.Tensor]:
    """Returns a compiled step of stochastic gradient descent."""
    optimizer = keras.optimizers.SGD(0.01, momentum=0.9)

    @tf.function
    def step(pictures: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(labels, model(pictures, training=True)))
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=True))
        return loss

    return lambda pictures, labels: step(pictures, labels).numpy()


if __name__ == "__main__":
    main()
