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
