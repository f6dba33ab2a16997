import pytest

from tfl_lite_suite.advise.result import Advice, Choice, DeviceUsed, Figure
from tfl_lite_suite.core.errors import SuiteError

CHOICE = Choice(
    model="micro 1 at 32 px, int8",
    network="micro",
    alpha=1.0,
    resolution=32,
    compression="int8",
    evidence={"top1": Figure(0.5, "measured", "here")},
    why="top-1 50.0 %",
    recipe="",
)


def test_the_document_has_the_keys_of_the_interface():
    found = Advice(
        choices=(),
        rejected=(),
        unmeasured=(CHOICE,),
        relax=(),
        limits={"max_ms": 1.0},
        priority={"accuracy": 1.0},
        data="imagenet",
        classes=10,
        device=DeviceUsed("pi", {"litert int8": None}),
        notes=(),
    )
    keys = ["choices", "rejected", "unmeasured", "relax", "limits", "priority", "data", "classes", "device", "notes"]
    assert list(found.document()) == keys and "score" not in found.document()["unmeasured"][0]
    assert Advice.from_json(found.to_json()) == found


def test_a_figure_without_its_origin_is_refused():
    with pytest.raises(SuiteError, match="evidence.top1: 'source' is missing"):
        Choice.from_document({**CHOICE.document(), "evidence": {"top1": {"value": 1.0, "basis": "measured"}}})
