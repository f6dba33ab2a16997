from tfl_lite_suite.core import figures


def test_numbers_as_people_read_them():
    assert [figures.size(n) for n in (None, 950, 1500, 123_456, 8_910_350)] == [
        "–", "950 bytes", "1.50 kB", "123 kB", "8.91 MB",
    ]  # fmt: skip
    assert [figures.milliseconds(t) for t in (None, 0.0551, 12.34, 1234.0)] == [
        "–",
        "0.0551 ms",
        "12.3 ms",
        "1234 ms",
    ]
    assert [figures.percent(s) for s in (None, 0.98053)] == ["–", "98.05 %"]
