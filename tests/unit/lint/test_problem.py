from tfl_lite_suite.lint import problem


def test_long_lists_are_cut():
    assert problem.listed(["a", "b"]) == "a, b"
    assert problem.listed([str(index) for index in range(9)]) == "0, 1, 2, 3 and 5 more"
    assert problem.listed(["a", "a", "a"]) == "a"
    assert problem.listed(["n" * 5000]) == "n" * 120 + "…"


def test_a_rule_that_fails_leaves_the_others_standing():
    def good(file, target):
        yield problem.Problem("good", "info", "x", "y")

    def _bad(file, target):
        raise KeyError(7)

    found = problem.applied([_bad, good], None, "litert-2.1")
    assert [item.code for item in found] == ["rule_failed", "good"]
    assert "the rule bad could not be applied: KeyError: 7" in found[0].message
