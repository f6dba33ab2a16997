import numpy as np
import pytest

from tfl_lite_suite.core.framework import keras
from tfl_lite_suite.models import layers
from tfl_lite_suite.models.graph.calls import CallList
from tfl_lite_suite.models.layer_kinds import channel_rules, kind_of

KEPT = np.array([True, False, True, True, False, False])


@pytest.mark.parametrize(
    ("layer", "inputs", "outputs", "expected"),
    [
        (keras.layers.Conv2D(6, 1), [KEPT], [KEPT], {"filters": 3}),
        (keras.layers.Dense(6), [KEPT], [KEPT], {"units": 3}),
        (layers.ChannelSlice(2, 3), [KEPT], [KEPT[2:5]], {"begin": 1, "size": 2}),
        (keras.layers.Reshape((1, 1, 6)), [KEPT], [KEPT], {"target_shape": (1, 1, 3)}),
    ],
)
def test_pruned_config(layer, inputs, outputs, expected):
    assert kind_of(layer).pruned_config(layer, inputs, outputs) == expected


class Tracker:
    def __init__(self):
        self.joined, self.frozen = [], []

    def join(self, left, right):
        self.joined.append((left.tolist(), right.tolist()))

    def freeze(self, atoms, reason):
        self.frozen.append((atoms.tolist(), reason))


def follow(build, *shapes, channels):
    # One input for the graph reader; the others come from it by layers that are not looked at.
    image = keras.Input(shapes[0])
    tensors = [image, *(keras.layers.Conv2D(shape[-1], 1)(image) for shape in shapes[1:])]
    model = keras.Model(image, build(*tensors))
    call = CallList(model).calls[-1]
    tracker = Tracker()
    return kind_of(call.layer).channels(tracker, call, [np.array(own) for own in channels]), tracker


def test_shuffle_interleaves_and_ties_groups():
    outputs, tracker = follow(layers.ChannelShuffle(2), (2, 2, 6), channels=[[0, 1, 2, 3, 4, 5]])
    assert outputs[0].tolist() == [0, 3, 1, 4, 2, 5]
    assert tracker.joined == [([0, 1, 2], [3, 4, 5])]


def test_flatten_repeats_channels_for_every_place():
    outputs, _ = follow(keras.layers.Flatten(), (2, 3, 2), channels=[[7, 8]])
    assert outputs[0].tolist() == [7, 8] * 6


def test_one_channel_that_meets_all_must_stay():
    outputs, tracker = follow(
        lambda x, y: keras.layers.Multiply()([x, y]), (2, 2, 3), (2, 2, 1), channels=[[0, 1, 2], [3]]
    )
    assert outputs[0].tolist() == [0, 1, 2]
    assert [atoms for atoms, _ in tracker.frozen] == [[3]]


def test_channels_that_move_to_another_axis_have_no_rule():
    with pytest.raises(channel_rules.Unsupported, match="another axis"):
        follow(keras.layers.Reshape((3, 2)), (1, 2, 3), channels=[[0, 1, 2]])
