from tfl_lite_suite.models.conventions import Conventions


def test_grey_takes_the_average_of_rgb():
    conventions = Conventions(mean=(10.0, 20.0, 60.0), std=(1.0, 2.0, 3.0))
    assert conventions.normalization(3) == ((10.0, 20.0, 60.0), (1.0, 2.0, 3.0))
    assert conventions.normalization(1) == ((30.0,), (2.0,))
