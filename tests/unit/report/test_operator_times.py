import work_folders

from tfl_lite_suite.report import operator_times, recorded_run

PROFILE = {
    "method": "a <clock>",
    "resolution_ns": 1000,
    "runs": 7,
    "run_ns": 1_400_000,
    "operators": [
        {"name": "net/block_1_relu/Relu;net/block_1/Conv2D", "type": "CONV", "share": 0.75, "median_ns": 900_000},
        {"name": None, "type": "<script>", "share": 0.25, "median_ns": 300_000},
        {"name": "flat", "type": "RESHAPE", "share": 0.0, "median_ns": 0},
    ],
}


def test_what_each_operator_took(tmp_path):
    run = recorded_run.read(work_folders.make(tmp_path / "w"))
    run.results["benchmark"][0]["profile"] = PROFILE
    drawn = operator_times.html(run)
    assert "<summary>int8_ptq on litert</summary>" in drawn
    assert "3 operators, 1,200.0 µs together; an inference takes 1,250.0 µs." in drawn
    assert "Medians of 7 runs of their own, by a &lt;clock&gt;, in whole microseconds." in drawn
    assert ">block_1_relu<" in drawn and "75.0 %" in drawn and drawn.count("<rect") == 2
    assert "<script" not in drawn


def test_a_profile_that_was_not_given_is_left_out(tmp_path):
    run = recorded_run.read(work_folders.make(tmp_path / "w"))
    assert operator_times.html(run) == ""
    run.results["benchmark"][0]["profile"] = None
    assert operator_times.html(recorded_run.FinishedRun(run.folder, "w", "", run.results, [])) == ""
