import pytest

from tfl_lite_suite import models
from tfl_lite_suite.core.framework import keras
from tfl_lite_suite.models import cost

# Published parameters and multiply-adds, in millions, at 224×224 and 1000 classes.
PUBLISHED = {
    "mobilenet_v1": ((4.25, 4.25), (569, 569)),
    "mobilenet_v2": ((3.50, 3.54), (300, 300)),
    "mobilenet_v3_large": ((5.5, 5.5), (219, 219)),
    "mobilenet_v3_small": ((2.55, 2.55), (56, 60)),
    "mobilenet_v4_conv_small": ((3.8, 3.8), (186, 200)),
    # Published at 256×256: 9.2 M and 1.0 G; timm's, at 224×224: 9.72 M and 0.84 G.
    "mobilenet_v4_conv_medium": ((9.2, 9.72), (766, 840)),
    "shufflenet_v2": ((2.28, 2.28), (146, 146)),
    "efficientnet_b0": ((5.29, 5.33), (390, 390)),
    "efficientnet_lite0": ((4.65, 4.7), (385, 407)),
    "squeezenet_1_0": ((1.25, 1.25), (820, 820)),
    "squeezenet_1_1": ((1.24, 1.24), (350, 350)),
    "vgg16": ((138.4, 138.4), (15500, 15500)),
    "resnet50": ((25.6, 25.6), (3900, 4100)),
}


def test_published_sizes_are_known_of_all_but_the_suites_own():
    assert set(models.names()) - set(PUBLISHED) == {"micro"}


@pytest.mark.parametrize("name", PUBLISHED)
def test_published_size(name):
    with cost.zero_weights():
        model = models.build(name, (224, 224, 3), 1000)
    (least_params, most_params), (least_macs, most_macs) = PUBLISHED[name]
    assert least_params * 0.99 <= cost.params(model) / 1e6 <= most_params * 1.01
    assert least_macs * 0.97 <= cost.macs(model) / 1e6 <= most_macs * 1.03


def test_each_layer_is_counted():
    x = keras.layers.Input((8, 8, 3))
    y = keras.layers.Conv2D(4, 3, 2, "same", name="conv")(x)
    y = keras.layers.DepthwiseConv2D(3, padding="same", use_bias=False, name="depthwise")(y)
    y = keras.layers.BatchNormalization(name="bn")(y)
    y = keras.layers.Dense(5, name="dense")(keras.layers.Flatten()(y))
    costs = {layer.name: (layer.params, layer.macs) for layer in cost.by_layer(keras.Model(x, y))}
    assert costs["conv"] == (3 * 3 * 3 * 4 + 4, 4 * 4 * 3 * 3 * 3 * 4)
    assert costs["depthwise"] == (3 * 3 * 4, 4 * 4 * 3 * 3 * 4)
    assert costs["bn"] == (16, 0)
    assert costs["dense"] == (64 * 5 + 5, 64 * 5)


def test_zero_weights_ends_with_the_block():
    with cost.zero_weights():
        pass
    model = models.build("squeezenet_1_1", (32, 32, 1), 2, alpha=0.25)
    assert model.get_layer("stem").kernel.numpy().any()
