import numpy as np
import pytest

from tfl_lite_suite import models
from tfl_lite_suite.core.framework import keras
from tfl_lite_suite.prune.dependencies import OUTPUT, Dependencies


def groups_of(name, alpha=1.0):
    dependencies = Dependencies(models.build(name, (32, 32, 3), 10, alpha=alpha))
    return dependencies, {layer: group for group in dependencies.groups for layer in group.layers}


def test_residual_stage_is_one_group():
    dependencies, groups = groups_of("mobilenet_v2")
    stages = [group for group in dependencies.groups if len(group.layers) > 1]
    assert [group.width for group in stages] == [24, 32, 64, 96, 160]
    assert all(group.regular and not group.fixed for group in dependencies.groups)
    assert not any("depthwise" in layer for layer in groups)


def test_gate_is_tied_to_what_it_scales():
    _, groups = groups_of("efficientnet_b0")
    gated = [group for group in groups.values() if any(layer.endswith("_excite_expand") for layer in group.layers)]
    assert gated and all(len(group.layers) == 2 for group in gated if "stem" not in group.layers)


def test_concatenated_layers_are_free_of_one_another():
    _, groups = groups_of("squeezenet_1_0")
    assert groups["fire_2_expand_1x1"].layers == ("fire_2_expand_1x1",)


def test_channel_split_and_shuffle_tie_unlike_numbers():
    dependencies, groups = groups_of("shufflenet_v2")
    assert groups["block_1_shortcut"] is groups["block_1_expand"] is groups["block_4_expand"]
    assert not groups["block_1_shortcut"].regular and groups["block_1_reduce"].regular
    tensors = dependencies.tensors
    assert all(len(np.unique(tensors[number])) <= len(tensors[number]) for number in tensors)


def test_logits_are_left_whole():
    dependencies, groups = groups_of("mobilenet_v1", alpha=0.25)
    assert [(whole.layers, whole.reason) for whole in dependencies.whole] == [(("classifier",), OUTPUT)]
    assert "classifier" not in groups


class Flipped(keras.layers.ReLU):
    def call(self, inputs):
        return inputs[..., ::-1]


@pytest.mark.parametrize(
    ("function", "known"), [(lambda x: x + 3.0, True), (lambda x: x[..., ::-1], False), (Flipped(), False)]
)
def test_what_is_not_known_leaves_channels_whole(function, known):
    image = keras.Input((4, 4, 3))
    x = function(keras.layers.Conv2D(8, 1, name="before")(image))
    x = keras.layers.GlobalAveragePooling2D()(keras.layers.Conv2D(8, 1, name="after")(x))
    found = Dependencies(keras.Model(image, keras.layers.Dense(2, name="classifier")(x)))
    assert {layer for group in found.groups for layer in group.layers} == {"after"} | ({"before"} if known else set())
    reasons = {layer: whole.reason for whole in found.whole for layer in whole.layers}
    assert known or "what it does to channels is not known" in reasons["before"]
