import numpy as np
from torch_files import write_state

from tfl_lite_suite import models
from tfl_lite_suite.core.framework import keras
from tfl_lite_suite.models.architectures import mobilenet_v4, mobilenet_v4_conv_small
from tfl_lite_suite.models.architectures.mobilenet_v4 import Convolution, Fused, Universal
from tfl_lite_suite.models.conventions import IMAGENET_MEAN, IMAGENET_STD, Conventions

TIMM = Conventions(IMAGENET_MEAN, IMAGENET_STD, "symmetric", 1e-5)


def names(*rows):
    model = mobilenet_v4.assemble("net", rows, (32, 32, 3), 4, conventions=mobilenet_v4.CONVENTIONS)
    kinds = (keras.layers.Conv2D, keras.layers.DepthwiseConv2D, keras.layers.Add)
    return [layer.name for layer in model.layers if isinstance(layer, kinds) and "block" in layer.name], model


def test_the_forms_of_the_universal_bottleneck():
    whole = ["block_0_start", "block_0_expand", "block_0_depthwise", "block_0_project", "block_0_add"]
    assert names(Universal(32, 2, start=3, middle=5))[0] == whole
    assert names(Universal(32, 2, middle=3))[0] == whole[1:]
    assert names(Universal(32, 2, start=3))[0] == [whole[0], whole[1], whole[3], whole[4]]
    assert names(Universal(32, 2))[0] == [whole[1], whole[3], whole[4]]
    assert names(Universal(40, 2))[0] == [whole[1], whole[3]]


def test_the_middle_kernel_takes_the_stride_where_there_is_one():
    _, model = names(Universal(32, 2, start=3, middle=3, stride=2))
    assert model.get_layer("block_0_start").strides == (1, 1)
    assert model.get_layer("block_0_depthwise").strides == (2, 2)
    assert names(Universal(32, 2, start=3, stride=2))[1].get_layer("block_0_start").strides == (2, 2)


def test_a_fused_block_expands_by_its_spatial_convolution():
    found, model = names(Fused(48, 4, 3, 2), Convolution(64))
    assert found == ["block_0_expand", "block_0_project", "block_1"]
    assert model.get_layer("block_0_expand").kernel_size == (3, 3)
    assert model.get_layer("block_0_expand").filters == 128


def test_a_state_dictionary_in_the_order_of_timms_gives_the_same_answers(tmp_path):
    original = mobilenet_v4_conv_small.build((64, 64, 3), 10, alpha=0.35, conventions=TIMM)
    generator, state = np.random.default_rng(0), {}
    for layer in original.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.moving_mean.assign(generator.normal(0, 0.2, layer.moving_mean.shape))
    for layer in original.layers:
        arrays = layer.get_weights()
        if isinstance(layer, keras.layers.DepthwiseConv2D):
            arrays[0] = arrays[0].transpose(2, 3, 0, 1)
        elif isinstance(layer, keras.layers.Conv2D):
            arrays[0] = arrays[0].transpose(3, 2, 0, 1)
        elif isinstance(layer, keras.layers.Dense):
            arrays[0] = arrays[0].T
        state |= {f"{layer.name}.{index}": np.ascontiguousarray(array) for index, array in enumerate(arrays)}
    write_state(tmp_path / "timm.pth", state)
    loaded = models.build("mobilenet_v4_conv_small", (64, 64, 3), 10, alpha=0.35, weights=str(tmp_path / "timm.pth"))
    pictures = generator.uniform(0, 255, (2, 64, 64, 3)).astype(np.float32)
    np.testing.assert_allclose(loaded(pictures), original(pictures), atol=1e-4)
