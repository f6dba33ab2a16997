from tfl_lite_suite import models


def test_squeeze_and_excite_narrows_to_a_quarter_of_the_blocks_input():
    model = models.build("efficientnet_b0", (32, 32, 3), 10)
    # Block 2 takes 24 channels and expands them to 144.
    assert model.get_layer("block_2_excite_reduce").filters == 24 // 4
    assert model.get_layer("block_2_excite_expand").filters == 144
