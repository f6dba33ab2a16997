"""Weight clustering by TFMOT: every kernel keeps a few distinct values, which are trained.

Source: Han et al., 2015, https://arxiv.org/abs/1510.00149, section 3.
"""

import numpy as np

from tfl_lite_suite.core.types import Array, KerasLayer, KerasModel, Tensor
from tfl_lite_suite.models.graph import rewrite
from tfl_lite_suite.models.model_optimization import cluster_config, cluster_wrapper
from tfl_lite_suite.prune.sparsity import prunable

# A kernel with fewer zeros was not made sparse.
_SPARSE = 0.3


def clustered_training(model: KerasModel, clusters: int) -> KerasModel:
    """Wraps a model so that each kernel of a dense layer or ordinary convolution has few distinct values.

    Args:
        model: Functional model with one input and one output; it stays as it is. Zeros of a sparse kernel stay zero.
        clusters: Distinct values of each kernel, at least 3.

    Returns:
        A model to train, and then to give to `stripped`.
    """

    def replace(layer: KerasLayer, inputs: Tensor) -> KerasModel:
        if not prunable(layer):
            return rewrite.copy_layer(layer, inputs)
        copy = rewrite.configured(layer)
        # The wrapper places the first values where the weights are when it is built.
        copy.build(inputs.shape)
        copy.set_weights(layer.get_weights())
        wrapper = cluster_wrapper.ClusterWeights(
            copy,
            clusters,
            cluster_config.CentroidInitialization.LINEAR,
            # A sum over all weights of one value would ask for a learning rate of its own.
            cluster_gradient_aggregation=cluster_config.GradientAggregation.AVG,
            preserve_sparsity=bool(np.mean(layer.kernel.numpy() == 0) > _SPARSE),
            name=layer.name,
        )
        return wrapper(inputs)

    return rewrite.rebuild(rewrite.flat(model), replace)


def stripped(model: KerasModel) -> KerasModel:
    """Returns the plain model of what `clustered_training` made."""

    def replace(layer: KerasLayer, inputs: Tensor) -> KerasModel:
        if not isinstance(layer, cluster_wrapper.ClusterWeights):
            return rewrite.copy_layer(layer, inputs)
        copy = rewrite.configured(layer.layer, name=layer.name)
        output = copy(inputs)
        bias = [layer.layer.bias.numpy()] if copy.use_bias else []
        copy.set_weights([_kernel(layer), *bias])
        return output

    return rewrite.rebuild(model, replace)


def most_values(model: KerasModel) -> int:
    """Returns the greatest number of distinct values in a kernel of a dense layer or ordinary convolution."""
    kernels = [layer.kernel.numpy() for layer in model.layers if prunable(layer)]
    return max((len(np.unique(kernel)) for kernel in kernels), default=0)


def equal_weights(kernel: Array, per_channel: bool) -> Array | None:
    """Returns which weights of a clustered kernel are equal, as one number from 0 for each value.

    Args:
        kernel: `(…, outputs)`.
        per_channel: Count the values of each output channel by themselves: folding a batch normalization scales each.

    Returns:
        Numbers of the kernel's shape, or `None` if the kernel is not clustered: weights other than 0 mostly differ.
    """
    columns = kernel.reshape(-1, kernel.shape[-1]) if per_channel else kernel.reshape(-1, 1)
    numbers, count, shared = np.empty(columns.shape, np.int32), 0, 0
    for index, column in enumerate(columns.T):
        values, numbers[:, index] = np.unique(column, return_inverse=True)
        numbers[:, index] += count
        count += len(values)
        shared += np.count_nonzero(column) - np.count_nonzero(values)
    return numbers.reshape(kernel.shape) if shared > np.count_nonzero(kernel) / 2 else None


def _kernel(wrapper: KerasLayer) -> Array:
    wrapper.update_clustered_weights_associations()
    kernel = np.array(wrapper.layer.kernel)
    mask = wrapper.sparsity_masks.get("kernel")
    return kernel if mask is None else kernel * np.array(mask)
