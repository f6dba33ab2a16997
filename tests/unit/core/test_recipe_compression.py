import pytest

from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.core.recipe import Data, Model, Recipe
from tfl_lite_suite.core.recipe_compression import Distill, Quantize


def learns_float_answers(distill, targets):
    return Recipe(
        "x", Data("s"), Model("micro"), distill=distill, quantize=Quantize(targets=targets)
    ).learns_float_answers


@pytest.mark.parametrize(
    ("distill", "targets", "expected"),
    [
        (Distill(), "auto", True),
        (Distill(), "labels", False),
        (Distill(), "float", True),
        (Distill("resnet50"), "auto", True),
        (Distill("resnet50", during=("train", "quantize")), "auto", False),
        (Distill(during=("quantize",)), "auto", True),
    ],
)
def test_the_float_network_teaches_int8_unless_another_does(distill, targets, expected):
    assert learns_float_answers(distill, targets) is expected


def test_there_is_one_teacher_at_a_time():
    with pytest.raises(SuiteError, match="quantize.targets: float makes the float network the only teacher"):
        learns_float_answers(Distill("resnet50", during=("quantize",)), "float")
