from tfl_lite_suite import models


def test_feature_maps_have_the_published_sizes():
    model = models.build("squeezenet_1_1", (224, 224, 3), 10)
    sizes = [layer.output_shape[1] for layer in model.layers if layer.name == "stem" or layer.name.endswith("pool")]
    assert sizes == [111, 55, 27, 13]
