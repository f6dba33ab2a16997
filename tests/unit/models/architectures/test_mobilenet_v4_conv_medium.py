from tfl_lite_suite import models


def test_stages_end_where_the_paper_says():
    model = models.build("mobilenet_v4_conv_medium", (256, 256, 3), 10)
    ends = {"block_0_project": (64, 48), "block_2_add": (32, 80), "block_10_add": (16, 160), "block_21_add": (8, 256)}
    for name, (side, channels) in ends.items():
        assert model.get_layer(name).output_shape[1:] == (side, side, channels)
