"""Quantization-aware training in which batch normalization still uses, and follows, the statistics of each batch.

A kernel has a scale for each output channel, so rounding it before or after the factor of its batch normalization is
the same: the kernel is rounded by itself, and the normalized output to the range of the folded one. `freeze` folds.

Source: Krishnamoorthi, 2018, https://arxiv.org/abs/1806.08342, "Batch normalization" (batch statistics, then frozen).
"""

from tfl_lite_suite.core.framework import keras
from tfl_lite_suite.core.types import KerasLayer, KerasModel, Tensor
from tfl_lite_suite.models import layers
from tfl_lite_suite.models.graph import rewrite
from tfl_lite_suite.models.graph.canonical import canonical
from tfl_lite_suite.models.graph.fold import foldable_norms, folded_weights
from tfl_lite_suite.models.quantizers import FakeQuantized, LayerConfig
from tfl_lite_suite.quantize.qat.activation_ranges import Range
from tfl_lite_suite.quantize.qat.fake_quantization import Plan, fake_quantized


class LiveBatchNorm:
    """A model to train with live batch normalization, and the folded one that it becomes.

    Attributes:
        model: To train first.
        folded: What `quantization_aware` makes; its weights are those of `model` after `freeze`.
    """

    def __init__(self, model: KerasModel, plan: Plan, ranges: dict[int, Range]) -> None:
        """Wraps a trained float model.

        Args:
            model: The model.
            plan: Its plan, as from `Plan.of`.
            ranges: Of each tensor, as from `Plan.ranges_by`.
        """
        self._pairs = _convolutions(canonical(model))

        def replace(layer: KerasLayer, inputs: Tensor) -> KerasModel:
            if layer.name not in self._pairs:
                return plan.wrap(layer, inputs, ranges)
            convolution, norm = self._pairs[layer.name]
            normalized = rewrite.copy_layer(norm, fake_quantized(convolution, inputs, LayerConfig()))
            output = keras.layers.Activation("linear", name=f"{norm.name}_output")
            return FakeQuantized(output, LayerConfig(None, ranges[plan.rounded(layer)]))(normalized)

        self.model, self.folded = rewrite.rebuild(plan.model, replace), plan.quantized(ranges)

    def freeze(self) -> KerasModel:
        """Returns the folded model, with the weights that the live one has now."""
        trained = {layer.name: layer for layer in self.model.layers}
        for layer in self.folded.layers:
            pair = self._pairs.get(layer.name.removeprefix("quant_"))
            if pair:
                live, norm = trained[layer.name], trained[pair[1].name]
                weights = [live.rounded[0][0].numpy(), *([live.layer.bias.numpy()] if live.layer.use_bias else [])]
                kernel, bias = folded_weights(pair[0], weights, norm)
                layer.load_own_variables({"0": kernel, "1": bias})
            elif layer.name in trained:
                layer.set_weights(trained[layer.name].get_weights())
        return self.folded


def _convolutions(model: KerasModel) -> dict[str, tuple[KerasLayer, KerasLayer]]:
    """Returns convolution and batch normalization of each pair that can stay live, by the convolution's name."""
    norms, after = foldable_norms(model), rewrite.consumers(model)
    found = {}
    for node in rewrite.nodes(model):
        layer, norm = node.layer, norms.get(id(node.layer))
        # A dense kernel has one scale in all; a hard sigmoid becomes part of the folded kernel.
        if norm is None or isinstance(layer, keras.layers.Dense) or not (layer.trainable and norm.trainable):
            continue
        if not any(isinstance(user, layers.HardSigmoid) for user in after.get(id(norm.output), [])):
            found[layer.name] = layer, norm
    return found
