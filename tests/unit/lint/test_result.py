import quadrant_models
import round_trips

from tfl_lite_suite import lint
from tfl_lite_suite.lint.result import LintReport


def test_what_lint_finds_is_kept(tmp_path):
    path = tmp_path / "x.tflite"
    path.write_bytes(quadrant_models.quadrants(dtype="int8"))
    made = lint.lint(str(path), "litert-2.1", trial=False)
    assert LintReport.from_json(made.to_json()) == made
    report = round_trips.check(LintReport, made)
    assert [(op.name, op.count) for op in report.ops] == [("FULLY_CONNECTED", 1)]
    assert report.fully_int8 and report.target_runtime == "litert-2.1"
