"""One step of training: loss, gradients, update."""

from tfl_lite_suite.core.framework import tf
from tfl_lite_suite.core.types import KerasModel, KerasOptimizer, Strategy, Tensor, TfFunction
from tfl_lite_suite.models.graph.logits import as_logits
from tfl_lite_suite.models.graph.rewrite import with_features
from tfl_lite_suite.train import fine_tuning
from tfl_lite_suite.train.losses import DistilledLoss, Loss
from tfl_lite_suite.train.moving_average import MovingAverage


def train_step(
    model: KerasModel,
    optimizer: KerasOptimizer,
    average: MovingAverage,
    loss_of: Loss | DistilledLoss,
    strategy: Strategy,
    first_rate: float | None = None,
) -> TfFunction:
    """Returns one step of training, compiled.

    Args:
        model: Trained in place.
        optimizer: Of its trainable variables.
        average: Follows their values.
        loss_of: As of `loop.Training`.
        strategy: Where to train.
        first_rate: As of `loop.Phase`.

    Returns:
        From images and targets to the mean loss of a batch and the number of right answers in it.
    """
    variables = model.trainable_variables
    factors = fine_tuning.rates(model, first_rate) if first_rate else []
    takes_features = isinstance(loss_of, DistilledLoss) and loss_of.takes_features
    forward = with_features(model) if takes_features else model
    scaled = getattr(optimizer, "get_scaled_loss", lambda loss: loss)
    unscaled = getattr(optimizer, "get_unscaled_gradients", lambda gradients: gradients)

    def on_replica(images: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
        with tf.GradientTape() as tape:
            output = forward(images, training=True)
            scores, features = output if takes_features else (output, None)
            logits = as_logits(model, scores)
            if isinstance(loss_of, DistilledLoss):
                targets, answers = targets[:, : logits.shape[1]], targets[:, logits.shape[1] :]
                loss = loss_of.function(images, targets, logits, features, answers)
            else:
                loss = loss_of(images, targets, logits)
            if model.losses:
                loss += tf.add_n(model.losses)
            loss /= strategy.num_replicas_in_sync  # Gradients of all replicas are summed.
            differentiated = scaled(loss)
        gradients = unscaled(tape.gradient(differentiated, variables))
        before = [tf.identity(variable) for variable in variables] if factors else []
        optimizer.apply_gradients(zip(gradients, variables, strict=True))
        if factors:
            fine_tuning.slow_down(variables, before, factors)
        labelled = tf.reduce_max(targets, axis=1)
        hits = (tf.gather(targets, tf.argmax(logits, axis=1), batch_dims=1) >= labelled) & (labelled > 0)
        return loss, tf.reduce_sum(tf.cast(hits, tf.float32))

    @tf.function(autograph=False)
    def step(images: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
        loss, hits = strategy.run(on_replica, (images, targets))
        average.update(optimizer.iterations)
        return strategy.reduce("SUM", loss, axis=None), strategy.reduce("SUM", hits, axis=None)

    return step
