import numpy as np
from keras_samples import blocky

from tfl_lite_suite.quantize.ptq import calibration

GOOD = blocky(40, (16, 16, 3))
CLASSES = ("cat", "dog")


def codes(*arguments):
    return [finding.code for finding in calibration.check(*arguments)]


def test_good_pictures_pass():
    assert codes(GOOD, np.arange(40) % 2, CLASSES, blocky(20, (16, 16, 3), seed=1)) == []


def test_every_fault_is_named():
    assert codes(GOOD[:10]) == ["too_few"]
    assert codes(np.concatenate([GOOD, np.full((2, 16, 16, 3), 200, np.uint8)])) == ["constant"]
    assert codes(np.concatenate([GOOD, GOOD[:10]])) == ["duplicated"]
    assert "normalised_twice" in codes((GOOD > 127).astype(np.uint8))
    assert codes(GOOD // 5) == ["low_range"]
    assert codes(GOOD, np.zeros(40, int), CLASSES) == ["classes_missing"]
    assert codes(GOOD, None, (), np.concatenate([blocky(5, (16, 16, 3), seed=2), GOOD[:3]])) == ["in_test_data"]


def test_messages_have_numbers_and_names():
    (found,) = calibration.check(GOOD, np.zeros(40, int), CLASSES)
    assert "1 of 2 classes" in found.message and "'dog'" in found.message
    (found,) = calibration.check(GOOD, None, (), GOOD[:3])
    assert found.message.startswith("3 calibration pictures")
