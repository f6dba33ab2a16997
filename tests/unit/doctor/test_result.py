import json

import round_trips

from tfl_lite_suite import doctor
from tfl_lite_suite.core.files import to_json
from tfl_lite_suite.doctor.result import Examination


def test_an_examination_is_its_document():
    found = round_trips.check(Examination, json.loads(to_json(doctor.examine())))
    assert found.versions["numpy"] and "pi" in found.pins
