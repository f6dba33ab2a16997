import pytest

from tfl_lite_suite.core.closing import Closing


class Held(Closing):
    closed = 0

    def close(self):
        self.closed += 1


def test_what_is_held_is_closed_whatever_happens():
    with pytest.raises(KeyError), Held() as held:
        assert not held.closed
        raise KeyError("lost")
    assert held.closed == 1
