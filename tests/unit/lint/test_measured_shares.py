import json

import made_up_results
import pytest

from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.lint import measured_shares
from tfl_lite_suite.lint.result import DelegateReport, LintProblem, RefusedOperator

PROFILE = {
    "profile": {
        "operators": [{"type": kind, "share": share} for kind, share in (("A", 0.25), ("B", 0.5), ("A", 0.125))]
    }
}


def test_operators_of_one_type_are_summed(tmp_path):
    for document in (PROFILE, [PROFILE]):
        (tmp_path / "profile.json").write_text(json.dumps(document), encoding="utf-8")
        assert measured_shares.read(str(tmp_path / "profile.json")) == {"A": 0.375, "B": 0.5}


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"profile": null}', "3"])
def test_a_file_without_profile_is_refused(tmp_path, text):
    (tmp_path / "profile.json").write_text(text, encoding="utf-8")
    with pytest.raises(SuiteError, match="holds no profile. Expected what benchmark"):
        measured_shares.read(str(tmp_path / "profile.json"))
    with pytest.raises(SuiteError, match="cannot read"):
        measured_shares.read(str(tmp_path / "missing.json"))


def test_shares_stand_beside_what_is_left_out_and_in_the_message():
    refused = tuple(RefusedOperator(0, name, "why") for name in ("HARD_SWISH", "HARD_SWISH", "SOFTMAX"))
    problems = tuple(LintProblem(code, "info", "m", "f") for code in ("delegate_gpu", "delegate_xnnpack"))
    report = made_up_results.linted(delegates={"xnnpack": DelegateReport(1, refused)}, problems=problems)
    found = measured_shares.added(report, {"HARD_SWISH": 0.54, "CONV_2D": 0.4})
    assert [entry.document()["share"] for entry in found.delegates["xnnpack"].refused] == [0.54, 0.54, None]
    assert [problem.message for problem in found.problems] == ["m", "m; share of the measured time: HARD_SWISH 54 %"]
