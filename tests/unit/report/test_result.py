import round_trips

from tfl_lite_suite.report.result import WrittenReport


def test_a_report_is_its_document():
    keys = {"number": 1, "workdir": "w", "name": "train", "runtime": "TensorFlow"}
    model = {**keys, "top1": 0.5, "file_bytes": None, "ms": None}
    document = {"report": "r.html", "markdown": "r.md", "bytes": 9, "notes": ["n"], "models": [model]}
    assert round_trips.check(WrittenReport, document).models[0].ms is None
