from tfl_lite_suite.report import transfer_comparison


def _row(name, seed, method, top1, **more):
    of_set = {"name": name, "source": "photos", "pictures": 1344, "classes": 6, "share": 0.7, "seed": seed}
    return {**of_set, "method": method, "top1": top1, "balanced_accuracy": top1 - 0.1, **more}


def test_means_over_seeds_a_row_a_set_and_method():
    rows = [
        _row("inspection", 0, "linear probe", 0.9),
        _row("inspection", 0, "transfer", 0.92, seconds=60, kept="fine_tuned"),
        _row("few", 0, "transfer", 0.5, seconds=30, kept="linear_probe"),
        _row("few", 0, "int8", 0.49, change=-0.01, ci95=[-0.03, 0.01], grey=True),
        _row("inspection", 1, "linear probe", 0.88),
        _row("inspection", 1, "transfer", 0.94, seconds=180, kept="linear_probe"),
    ]
    what = "1,344 of photos, 6 classes, 70 % in one"
    assert transfer_comparison.table(rows).splitlines()[2:] == [
        f"| inspection: {what} | 2 | linear probe | 89.00 % | 79.00 % | – | – | – |",
        f"| inspection: {what} | 2 | transfer | 93.00 % | 83.00 % | 2.0 | fine-tuned in 1 of 2 | – |",
        f"| few: {what} | 1 | transfer | 50.00 % | 40.00 % | 0.5 | fine-tuned in 0 of 1 | – |",
        f"| few: {what}, in grey | 1 | int8 | 49.00 % | 39.00 % | – | – | -1.00 (-3.00 … +1.00) |",
    ]
    probe = f"| inspection: {what} | 1 | linear probe | 90.00 % | 80.00 % | – | – |"
    assert transfer_comparison.table(rows[:1]).splitlines()[2:] == [probe]
