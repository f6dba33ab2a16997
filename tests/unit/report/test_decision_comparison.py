from tfl_lite_suite.report import decision_comparison


def test_a_row_a_file_before_and_after():
    wish = {"class": "crack", "wanted": 0.9, "received": 0.91, "ci95": [0.88, 0.93], "before": 0.6, "test": 0.9}
    row = {
        "name": "walls",
        "file": "int8_qat",
        "n": 8000,
        "top1": [0.8, 0.8],
        "calibration_error": [0.09, 0.02],
        "reject": "energy",
        "auroc": [0.7, 0.8],
        "false_alarms_at_95": [0.6, 0.5],
        "wish": wish,
    }
    shown = decision_comparison.table([row])
    assert "| walls, 8,000 | int8_qat | 80.00 % → 80.00 % | 9.00 % → 2.00 % | 0.700 → 0.800 (energy) |" in shown
    assert "crack 90.00 % | 91.00 % (88.00 % … 93.00 %) | 60.00 % → 90.00 %" in shown
