import dataclasses

import made_up_results
import pytest
import work_folders

from tfl_lite_suite.lint.result import LintProblem, OperatorFacts
from tfl_lite_suite.report import recorded_run, run_sections


@pytest.fixture
def run(tmp_path):
    return recorded_run.read(work_folders.make(tmp_path / "w"))


def test_models_are_numbered_and_empty_columns_left_out(run):
    table = run_sections.models_table(run_sections.rows_of([run]), several=False)
    assert "energy" not in table.header and "work folder" not in table.header
    assert [row[:3] for row in table.rows] == [
        [1, "Keras float32", "TensorFlow"],
        [2, "Keras, fake-quantized", "TensorFlow"],
        [3, "float32", "litert 2.3"],
        [4, "int8_ptq, bias correction", "litert 2.3"],
    ]
    assert table.rows[3][3:] == ["75.00 %", "100.00 %", "1.00 kB", "1.25 ms", "1.2 … 1.3, unsteady", "50.00 MB"]


def test_plots_carry_the_same_numbers(run):
    drawn = run_sections.trade_offs(run_sections.rows_of([run]), several=False)
    by_size, by_time = drawn.split("Accuracy against latency</figcaption>")
    assert "3: w, float32" in by_size and "4: w, int8_ptq" in by_size
    assert "4: w, int8_ptq" in by_time and "3: w" not in by_time


def test_what_was_done_and_the_budget(run):
    steps = {row[0]: row[1:] for row in run_sections.steps_table(run).rows}
    assert steps["train"][0].startswith("mobilenet_v2: 1,000 parameters, 3 epochs on 30 images; top-1 80.00 %")
    assert steps["train"][1] == "0:04" and steps["budget"][0] == "broken" and "ledger" not in steps
    assert run_sections.budget_table(run).rows == [["int8_ptq", "max_bytes", 900, "1000", "broken"]]
    assert run_sections.ledger_table(run).rows[1][4] == "-10.00 (-15.00 … -5.00), a loss"


def test_curves_follow_one_another_and_leave_out_what_was_not_measured(run):
    drawn = run_sections.curves(run)
    assert "train, training" in drawn and "validation" not in drawn and "Training loss" in drawn


def test_classes_and_confusion(run):
    assert "float32 (litert 2.3)" in run_sections.classes(run)
    drawn = run_sections.confusion(run)
    assert "float32 on litert" in drawn and drawn.count("answered as ") >= 6
    assert not any(breaker in drawn + run_sections.classes(run) for breaker in work_folders.PAGE_BREAKERS)


def test_worst_layers_are_those_that_are_known(run):
    drawn = run_sections.layers(run)
    assert "-3.0 dB" in drawn and "All 2 layers" in drawn and drawn.count("<rect") == 1


def test_operators_by_kind():
    given = enumerate([("CONV_2D", 75), ("ADD", 0), ("FULLY_CONNECTED", 25)])
    ops = tuple(OperatorFacts(n, name, 1, "NONE", macs, None, (), (), None) for n, (name, macs) in given)
    report = made_up_results.linted(operators=ops, macs=100, min_runtime=None, fully_int8=False, float_ops=({},))
    drawn = run_sections.operators("<x>", report)
    assert "75.0 %" in drawn and "&lt;x&gt;" in drawn and "1 operators in float" in drawn


def test_problems_leave_out_information(run):
    problems = tuple(LintProblem("code", severity, "m", "f") for severity in ("warning", "info"))
    found = [made_up_results.linted("x", problems=problems).document()]
    run = dataclasses.replace(run, results={**run.results, "lint": found})
    assert run_sections.problems_table(run).rows == [["x", "warning", "m", "f"]]
    assert run_sections.steps_table(run).rows[-1][1] == "1 files: 0 errors, 1 warnings"


def test_runs_are_compared_by_what_differs(run, tmp_path):
    other = recorded_run.read(work_folders.make(tmp_path / "other", "elsewhere"))
    assert run_sections.comparison_table([run, other]).rows == [["data.source", "gone/away", "elsewhere"]]


def test_hashes_and_environment(run):
    assert run_sections.hashes_table(run).rows == [
        ("train", "all inputs", "0" * 64),
        ("train", "model.keras", "f" * 64),
    ]
    rows = run_sections.environment_table([run], [("numpy", "1")]).rows
    assert rows[0] == ("timed on, w", "local, 1 thread: cpu <b>quick</b>") and rows[-1] == ("numpy", "1")
