import round_trips

from tfl_lite_suite.prune.result import PruneResult

CHANNELS = {
    "params_before": 100,
    "params_after": 50,
    "macs_before": 1000,
    "macs_after": 600,
    "left_whole": [{"layers": ["stem"], "reason": "its input"}],
    "history": [],
    "top1_before": None,
    "top1_after": None,
}
WEIGHTS = {
    **CHANNELS,
    "zero_share": 0.8,
    "most_values": 12,
    **{f"{kind}_bytes_{when}": 10 for kind in ("file", "zipped") for when in ("before", "after")},
    "warnings": ["zeros take as many bytes"],
}


def test_channels_and_weights():
    assert round_trips.check(PruneResult, CHANNELS).left_whole[0].layers == ("stem",)
    assert round_trips.check(PruneResult, WEIGHTS).zero_share == 0.8
    assert "zero_share" not in PruneResult.from_document(CHANNELS).document()
