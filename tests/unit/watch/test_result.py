from tfl_lite_suite.predict.result import Ranked
from tfl_lite_suite.watch.result import Delivery, FrameDecision, Summary


def test_a_line_is_one_json_object_and_read_again():
    decision = FrameDecision(
        frame=1,
        time="2026-01-01T00:00:00.000+00:00",
        source="camera",
        label=None,
        labels=(),
        rejected=True,
        probability=0.25,
        changed=True,
        frame_labels=(),
        ranked=(Ranked(label="a\nb", probability=0.25),),
        skipped=3,
        latency_ms=1.5,
    )
    line = decision.to_json()
    assert "\n" not in line and '"picture"' not in line and '"kept"' not in line
    assert FrameDecision.from_json(line) == decision


def test_a_summary_holds_what_the_broker_got():
    summary = Summary(
        frames=2,
        skipped=0,
        unreadable=0,
        outages=0,
        answers={"a": 2},
        decisions=2,
        unwritten=0,
        seconds=1.0,
        latency_ms=1.0,
        kept=0,
        not_kept={},
        mqtt=Delivery(sent=2, delivered=1, lost=1, outages=0),
        stopped_by="signal",
    )
    assert Summary.from_json(summary.to_json()).mqtt == summary.mqtt
