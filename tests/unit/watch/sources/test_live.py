import threading

import numpy as np
import pytest

from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.watch.sources import live
from tfl_lite_suite.watch.sources.live import LiveSource, Reader


class Steps(Reader):
    """Gives numbered frames, each when the test says so; then it is gone."""

    def __init__(self, *values):
        self.values, self.go, self.closed = list(values), threading.Semaphore(0), False

    def read(self):
        self.go.acquire()
        return np.full((1, 1, 3), self.values.pop(0), np.uint8) if self.values else None

    def close(self):
        self.closed = True


def wait_until_waiting(reader, left):
    for _ in range(1000):
        if len(reader.values) == left:
            return
        threading.Event().wait(0.005)
    raise AssertionError("the frames were not read")


def test_the_newest_frame_counts_and_the_others_are_skipped():
    reader = Steps(1, 2, 3, 4)
    source = LiveSource("camera", lambda: reader)
    reader.go.release()
    assert source.next(10).picture[0, 0, 0] == 1
    for _ in range(3):
        reader.go.release()
    # A fourth would be the end; the third is stored before it is waited for.
    wait_until_waiting(reader, 0)
    with source._changed:
        source._changed.wait_for(lambda: source._newest is not None and source._newest.picture[0, 0, 0] == 4, 10)
    frame = source.next(10)
    assert (frame.picture[0, 0, 0], frame.skipped) == (4, 2)
    assert source.next(0.01) is None
    reader.go.release()
    source.close()
    assert reader.closed


def test_a_camera_that_was_unplugged_is_opened_again(capsys):
    first, second, attempts = Steps(1), Steps(2), []

    def open_reader():
        attempts.append(1)
        if len(attempts) == 1:
            return first
        if len(attempts) < 4:
            raise SuiteError("no camera")
        return second

    source = LiveSource("camera", open_reader, pause=0.001)
    for reader in (first, first, second):
        reader.go.release()
    values = [source.next(10).picture[0, 0, 0] for _ in range(2)]
    assert values == [1, 2] and source.outages == 1 and len(attempts) == 4 and first.closed
    second.go.release()
    source.close()
    assert "camera: back" in capsys.readouterr().err


def test_a_camera_that_is_not_there_at_first_is_an_error():
    def fail():
        raise SuiteError("no camera")

    with pytest.raises(SuiteError, match="no camera"):
        LiveSource("camera", fail)


def test_a_driver_that_hangs_needs_a_new_process(monkeypatch):
    reader = Steps(1)
    source = LiveSource("camera", lambda: reader)
    assert source.next(0.01) is None
    monkeypatch.setattr(live, "_STUCK_SECONDS", 0.0)
    with pytest.raises(SuiteError, match="has not answered"):
        source.next(0.01)
    reader.values.clear()
    reader.go.release()
    source.close()
