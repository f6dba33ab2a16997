from tfl_lite_suite import models


def test_stages_end_where_the_paper_says():
    model = models.build("mobilenet_v4_conv_small", (224, 224, 3), 10)
    ends = {"block_1": (56, 32), "block_3": (28, 64), "block_9_add": (14, 96), "block_15_add": (7, 128)}
    for name, (side, channels) in ends.items():
        assert model.get_layer(name).output_shape[1:] == (side, side, channels)
    assert model.get_layer("head").output_shape[1:] == (1, 1, 1280)
