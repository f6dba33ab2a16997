import numpy as np

from tfl_lite_suite.explain import overlay


def test_evidence_glows_and_the_rest_is_grey():
    picture = np.full((16, 24, 3), 100, np.uint8)
    found = np.zeros((2, 3))
    found[0, 0] = 5.0
    drawn = np.asarray(overlay.draw(picture, found), np.int32)
    assert drawn.shape == (320, 480, 3)
    assert drawn[20, 20, 0] > 180 > drawn[20, 20, 2] and drawn[20, 20, 0] > drawn[20, 20, 2] + 100
    assert np.abs(drawn[300, 470] - 100).max() <= 1


def test_strength_is_what_exceeds_the_median():
    assert overlay.strength(np.array([[1.0, 2.0, 4.0]])).tolist() == [[0.0, 0.0, 1.0]]
    assert not overlay.strength(np.full((2, 2), 3.0)).any()
