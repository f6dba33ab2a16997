"""Quantization-aware training: from a trained float model to one that computes as its int8 file will.

Batch normalization is folded first, activation ranges are calibrated, and every layer is wrapped by TFMOT with its own
configuration. Where a convolution is followed by a ReLU, only the result of both is rounded, as in
the fused operator of the `.tflite` file. Weights that are zero stay zero, and those of a cluster stay equal.
"""

import functools
from collections.abc import Callable

import numpy as np

from tfl_lite_suite.core.disjoint_sets import DisjointSets
from tfl_lite_suite.core.framework import keras, tf
from tfl_lite_suite.core.types import Array, KerasLayer, KerasModel, KerasNode, Tensor
from tfl_lite_suite.models import keras_graph, layers
from tfl_lite_suite.models.graph import rewrite
from tfl_lite_suite.models.graph.canonical import canonical
from tfl_lite_suite.models.graph.fold import fold_batch_norm
from tfl_lite_suite.models.graph.logits import decisive_range
from tfl_lite_suite.models.layer_kinds import Rounding, kind_of, require_int8_forms, rounding_of
from tfl_lite_suite.models.layer_kinds.int8_forms import PIXELS
from tfl_lite_suite.models.quantizers import FakeQuantized, LayerConfig
from tfl_lite_suite.prune.clustering import equal_weights
from tfl_lite_suite.prune.sparsity import prunable
from tfl_lite_suite.quantize.ptq.sensitivity import of_gradients
from tfl_lite_suite.quantize.qat import activation_ranges
from tfl_lite_suite.quantize.qat.activation_ranges import EXTREMES, LEAST_DIVERGENCE, Range


def quantization_aware(
    model: KerasModel, calibration: Array, rule: str = EXTREMES, *, split_hard_swish: bool = True
) -> KerasModel:
    """Returns a trainable model with fake quantization wherever its int8 file will round.

    Args:
        model: Trained functional model from raw pixels to logits.
        calibration: uint8 `(n, height, width, channels)`, pictures that activation ranges are taken from.
        rule: One of `activation_ranges.RULES`.
        split_hard_swish: Whether the file will have ADD and MUL in place of HARD_SWISH.

    Returns:
        A functional model of TFMOT wrappers, named like `model`.

    Raises:
        SuiteError: If the graph holds a layer that has no int8 form here; the message names each.
    """
    plan = Plan.of(model, calibration, split_hard_swish)
    return plan.quantized(plan.ranges_by(rule))


def expanded(model: KerasModel, split_hard_swish: bool = True) -> KerasModel:
    """Returns the folded float model whose every layer is one operator of the int8 file; see `quantization_aware`."""
    return expanded_folded(fold_batch_norm(canonical(model)), split_hard_swish)


def expanded_folded(folded: KerasModel, split_hard_swish: bool = True) -> KerasModel:
    """Returns the same of a model that is canonical, and whose batch normalization is folded."""
    made = _expand(folded, split_hard_swish)
    require_int8_forms(folded.name, [node.layer for node in rewrite.nodes(made)])
    return made


def _expand(model: KerasModel, split_hard_swish: bool) -> Tensor:
    """Rewrites layers that are several operators in a `.tflite` file, or can be part of the convolution before them."""
    after = rewrite.consumers(model)
    gated = {
        id(node.layer)
        for node in rewrite.nodes(model)
        if kind_of(node.layer).rounded_kernel
        and [type(layer) for layer in after.get(id(node.outputs), [])] == [layers.HardSigmoid]
    }

    def replace(layer: KerasLayer, inputs: Tensor) -> KerasModel:
        kind = kind_of(layer)
        made = kind.int8_operators(layer, inputs) if kind.int8_operators else None
        if made is not None:
            return made
        if kind.split_form and split_hard_swish:
            return kind.split_form(name=layer.name)(inputs)
        if id(layer) not in gated:
            return rewrite.copy_layer(layer, inputs)
        copy = rewrite.configured(layer, use_bias=True)
        output = copy(inputs)
        kernel, *bias = layer.get_weights()
        copy.set_weights([kernel / 6, (bias[0] if bias else np.zeros(copy.bias.shape, np.float32)) / 6 + 0.5])
        copy.trainable = layer.trainable
        return output

    return rewrite.rebuild(model, replace)


def fake_quantized(layer: KerasLayer, inputs: Tensor, config: LayerConfig) -> KerasModel:
    """Applies a copy of `layer` in a wrapper, which keeps the zeros and the clusters of its kernel."""
    config.kernel = kind_of(layer).rounded_kernel
    if prunable(layer):
        kernel = layer.get_weights()[0]
        config.groups, config.sparse = equal_weights(kernel, len(inputs.shape) == 4), not np.all(kernel)
    copy = rewrite.configured(layer)
    if layer.weights:
        copy.build(inputs.shape)
        copy.set_weights(layer.get_weights())
    wrapper = FakeQuantized(copy, config)
    output = wrapper(inputs)
    wrapper.trainable = layer.trainable
    return output


def _has_same_scale(layer: KerasLayer) -> bool:
    """Tells whether the output has the scale of the input; the converter leaves a mean of one pixel out."""
    one_pixel = isinstance(layer, keras.layers.GlobalAveragePooling2D) and layer.input_shape[1:3] == (1, 1)
    return one_pixel or rounding_of(layer) is Rounding.SAME_SCALE


class Plan:
    """How the layers of a folded model are wrapped, and which tensors have one range.

    Attributes:
        model: The folded model.
        tensors: Its tensors, by their `id`.
    """

    def __init__(self, model: KerasModel, calibration: Array) -> None:
        """Observes the tensors of a model that `expanded` made."""
        self.model, self._calibration = model, calibration
        self.nodes = rewrite.nodes(model)
        self.tensors = {id(tensor): tensor for tensor in [model.inputs[0], *(node.outputs for node in self.nodes)]}
        self._after = rewrite.consumers(model)
        self._node_of = {id(node.layer): node for node in self.nodes}
        logits = _logits(model)
        values, scores = activation_ranges.observe(model, list(self.tensors.values()), logits, calibration)
        self._values = dict(zip(self.tensors, values, strict=True))
        self._fixed = {key: found for key in self.tensors if (found := self._fixed_range(key))}
        if id(logits) not in self._fixed:
            self._fixed[id(logits)] = decisive_range(scores, *self._values[id(logits)].range_by(EXTREMES))
        self._one_scale: DisjointSets[int] = DisjointSets()
        for node in self.nodes:
            if _has_same_scale(node.layer):
                for tensor in node.keras_inputs:
                    self._one_scale.join(id(node.outputs), id(tensor))

    @classmethod
    def of(cls, model: KerasModel, calibration: Array, split_hard_swish: bool = True) -> "Plan":
        """Returns the plan of a trained model; see `quantization_aware` for arguments and errors."""
        return cls(expanded(model, split_hard_swish), calibration)

    def quantized(self, ranges: dict[int, Range]) -> KerasModel:
        """Returns the model with fake quantization to ranges of `ranges_by` or `constrained`."""
        return rewrite.rebuild(self.model, lambda layer, inputs: self.wrap(layer, inputs, ranges))

    def wrap(self, layer: KerasLayer, inputs: Tensor, ranges: dict[int, Range]) -> KerasLayer:
        """Applies the wrapped copy of `layer`."""
        given = [ranges[id(tensor)] for tensor in self._node_of[id(layer)].keras_inputs]
        return self.wrap_with(layer, inputs, lambda tensor: LayerConfig(None, ranges[tensor], given))

    def wrap_with(self, layer: KerasLayer, inputs: Tensor, config_of: Callable[[int], LayerConfig]) -> KerasLayer:
        """Applies the wrapped copy of `layer`, configured by a function of the tensor to whose range it rounds."""
        node = self._node_of[id(layer)]
        if node.keras_inputs[0] is self.model.inputs[0]:
            inputs = FakeQuantized(keras.layers.Activation("linear", name="pixels"), LayerConfig(None, PIXELS))(inputs)
        rounding = rounding_of(layer)
        if rounding in (Rounding.SAME_SCALE, Rounding.SOFTMAX):
            return rewrite.copy_layer(layer, inputs)
        if rounding is Rounding.CLIP and self._is_fused(node):
            return inputs
        return fake_quantized(layer, inputs, config_of(self.rounded(layer)))

    def _is_fused(self, node: KerasNode) -> bool:
        """Tells whether an activation is part of the operator before it."""
        before = node.keras_inputs[0]
        return kind_of(keras_graph.layer_of(before)).fuses_activation and len(self._after[id(before)]) == 1

    def rounded(self, layer: KerasLayer) -> int:
        """Returns the `id` of the tensor to whose range a layer's output, clipped by what follows, is rounded."""
        node = self._node_of[id(layer)]
        after = self._after.get(id(node.outputs), [])
        fuses = kind_of(node.layer).fuses_activation
        clipped = fuses and len(after) == 1 and rounding_of(after[0]) is Rounding.CLIP
        return id(self._node_of[id(after[0])].outputs if clipped else node.outputs)

    def leader(self, tensor: int) -> int:
        """Returns the `id` of the tensor that stands for all of one scale: what is concatenated, or only moved."""
        return self._one_scale.find(tensor)

    def is_fixed(self, tensor: int) -> bool:
        """Tells whether the operators demand a tensor's range, or one that has its scale."""
        return any(self.leader(key) == self.leader(tensor) for key in self._fixed)

    def cap(self, tensor: int) -> float:
        """Returns the value at which an activation ends, 0.0 if there is none."""
        layer = keras_graph.layer_of(self.tensors[tensor])
        return float(getattr(layer, "max_value", None) or 0.0)

    def ranges_by(self, rule: str) -> dict[int, Range]:
        """Returns the range of each tensor, by its `id`, that a rule of `activation_ranges.RULES` chooses."""
        groups: dict[int, list[Range]] = {}
        least = self._least_divergence if rule == LEAST_DIVERGENCE else {}
        for tensor in self.tensors:
            by_values = self._values[tensor]
            limits = self._fixed.get(tensor) or least.get(tensor) or by_values.range_by(EXTREMES if least else rule)
            if cap := self.cap(tensor):
                limits = 0.0, cap if rule == EXTREMES else min(limits[1], cap)
            groups.setdefault(self.leader(tensor), []).append(limits)
        return self.constrained(
            {key: (min(low for low, _ in ends), max(high for _, high in ends)) for key, ends in groups.items()}
        )

    @functools.cached_property
    def _least_divergence(self) -> dict[int, Range]:
        """The range of each tensor that is rounded and has no fixed range, by `activation_ranges.LEAST_DIVERGENCE`."""
        keys = [key for key in dict.fromkeys(self.rounded(node.layer) for node in self.nodes) if key not in self._fixed]
        values, tensors = [self._values[key] for key in keys], [self.tensors[key] for key in keys]
        moments = of_gradients(
            self.model, tensors, self._calibration, lambda index, *pair: values[index].moments(*pair)
        )
        return {key: of.least_divergence(found) for key, of, found in zip(keys, values, moments, strict=True)}

    def constrained(self, joined: dict[int, Range]) -> dict[int, Range]:
        """Returns the range of each tensor, from those of the leaders: little wider where integer kernels need it."""
        joined = dict(joined)
        for node in self.nodes:
            kernel_range = kind_of(node.layer).kernel_range
            if kernel_range and not _has_same_scale(node.layer):
                output = self.leader(id(node.outputs))
                sources = (joined[self.leader(id(tensor))] for tensor in node.keras_inputs)
                joined[output] = kernel_range(joined[output], *sources)
        return {tensor: joined[self.leader(tensor)] for tensor in self.tensors}

    def _fixed_range(self, tensor: int) -> Range | None:
        layer = keras_graph.layer_of(self.tensors[tensor])
        node = self._node_of.get(id(layer))
        if node is not None and node.keras_inputs[0] is self.model.inputs[0] and layer.weights and not layer.trainable:
            ends = [layer(tf.fill((1, *self.model.input_shape[1:]), end)).numpy() for end in PIXELS]
            return min(float(np.min(ends)), 0.0), max(float(np.max(ends)), 0.0)
        fixed = kind_of(layer).fixed_range
        return fixed(layer) if fixed else None


def _logits(model: KerasModel) -> Tensor:
    """Returns the tensor of logits, which a softmax may follow."""
    last = model.outputs[0]
    before = keras_graph.layer_of(last)
    return before.input if rounding_of(before) is Rounding.SOFTMAX else last
