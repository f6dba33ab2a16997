import round_trips

from tfl_lite_suite.convert.result import Conversion

PLAIN = {
    "output": "x.tflite",
    "scheme": "int8",
    "file_bytes": 1234,
    "fully_int8": False,
    "float_ops": [{"name": "SOFTMAX", "index": 3}],
    "seconds": 1,
}


def test_the_report_on_ptq_is_there_only_where_it_was_made():
    assert round_trips.check(Conversion, PLAIN).ptq is None
    assert round_trips.check(Conversion, {**PLAIN, "ptq": {"kl": 0.01}}).ptq == {"kl": 0.01}
