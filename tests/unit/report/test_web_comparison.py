from tfl_lite_suite.report import web_comparison


def test_a_row_a_network_and_a_row_a_file():
    times = {"native_ms": 3.254, "page_ms": 15.23, "ratio": 4.681}
    network = {"network": "micro", "resolution": 96, "first_visit_bytes": 3_450_000, **times}
    assert web_comparison.speed_table([network]).splitlines()[2] == (
        "| micro | 96×96 | 3.5 MB | 3.25 ms | 15.2 ms | 4.7 |"
    )
    same = {"top1_agreement": 0.998, "equal_outputs": 1.0, "max_abs_diff": 0.0123}
    row = {"file": "quickstart", "data": "fashion_mnist", "pictures": 1500, **same}
    assert web_comparison.answers_table([row]).splitlines()[2] == (
        "| quickstart | 1,500 of fashion_mnist | 99.80 % | 100.00 % | 0.0123 |"
    )
