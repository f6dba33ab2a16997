import pytest

from tfl_lite_suite import models


@pytest.mark.parametrize(("alpha", "widths", "head"), [(0.5, (48, 96, 192), 1024), (2.0, (244, 488, 976), 2048)])
def test_alpha_selects_the_papers_widths(alpha, widths, head):
    model = models.build("shufflenet_v2", (32, 32, 3), 10, alpha=alpha)
    received = tuple(model.get_layer(f"block_{last}_shuffle").output_shape[-1] for last in (4, 12, 16))
    assert received == widths
    assert model.get_layer("head").filters == head


def test_other_widths_lie_in_between_and_split_evenly():
    from tfl_lite_suite.models.architectures import shufflenet_v2

    widths = [shufflenet_v2.first_width(alpha / 20) for alpha in range(1, 81)]
    assert widths == sorted(widths)
    assert all(width % 4 == 0 and width > 0 for width in widths)
    assert [shufflenet_v2.first_width(alpha) for alpha in (0.5, 1.0, 1.5, 2.0, 4.0)] == [48, 116, 176, 244, 488]
