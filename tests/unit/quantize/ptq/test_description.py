from tfl_lite_suite.quantize.ptq.description import describe_ops, describe_ptq


def test_operators_are_counted_by_name_most_frequent_first():
    assert describe_ops([{"name": "MUL"}, {"name": "ADD"}, {"name": "ADD"}]) == "2 ADD, 1 MUL"
    assert describe_ops([]) == ""


def test_techniques_agreement_and_notes_are_told():
    report = {"techniques": [], "agreement": 0.975, "pictures": {"judging": 66}, "kl": 0.0123, "notes": ["a note"]}
    plain = "plain conversion: top-1 agrees with float on 97.5 % of 66 calibration pictures, KL divergence 0.0123"
    assert describe_ptq(report) == plain + "\na note"
    kept = describe_ptq({**report, "techniques": ["bias_correction", "logit_range"], "notes": []})
    assert kept.startswith("bias correction and logit range: ") and "\n" not in kept
