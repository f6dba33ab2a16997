from tfl_lite_suite.data.health import problem


def test_numbers_of_pictures():
    assert problem.pictures(1) == "1 picture" and problem.pictures(2000) == "2,000 pictures"
