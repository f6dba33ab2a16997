import pytest

from tfl_lite_suite import models
from tfl_lite_suite.models.weights import published


def test_torchvisions_names_end_with_the_digits_that_are_checked():
    files = [file for widths in published.WEB.values() for file in widths.values()]
    for file in files:
        assert file.url.startswith("https://") and file.name.endswith(f"-{file.sha256}.pth")
        assert len(file.sha256) >= 8 and int(file.sha256, 16)
    assert len({file.url for file in files}) == len(files) == 6


def test_every_published_file_has_conventions_and_a_network():
    named = {*published.PACKAGED, *published.WEB}
    assert named <= set(published.TORCH_CONVENTIONS) <= set(models.names())


@pytest.mark.parametrize(
    ("size", "origin"),
    [
        (("mobilenet_v2", 1.0, 224), "PyPI"),
        (("mobilenet_v2", 1.0, 96), None),
        (("mobilenet_v2", 0.5, 96), "keras.applications"),
        (("mobilenet_v3_small", 0.5, 224), None),
        (("shufflenet_v2", 1.0, 224), "download.pytorch.org"),
        (("shufflenet_v2", 0.25, 224), None),
        (("mobilenet_v4_conv_small", 1.0, 224), None),
    ],
)
def test_where_the_weights_of_a_size_come_from(size, origin):
    assert published.origin(*size) == origin
