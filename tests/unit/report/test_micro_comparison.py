from tfl_lite_suite.report import micro_comparison

FACTS = {
    "input_shape": [1, 28, 28, 1],
    "model_bytes": 47_000,
    "arena_bytes": 21_344,
    "one_byte_less_fails": True,
    "equal_outputs": 0.9996,
    "top1_agreement": 1.0,
    "npu": [{"processor": "ethos-u55-128", "cycles": 123_456}],
}


def test_a_row_a_network():
    alike = {**FACTS, "rounding_alike": {"equal_outputs": 1.0}}
    lines = micro_comparison.table({"micro": alike, "other": {**FACTS, "npu": []}}).splitlines()
    assert lines[2] == "| micro | 28×28×1 | 47,000 | 21,344 | fails | 100.00 % | 99.96 % | 100.00 % | 123,456 |"
    assert lines[3].endswith("| fails | – | 99.96 % | 100.00 % | – |")
