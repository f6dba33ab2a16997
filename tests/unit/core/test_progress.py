import errno
import io

import pytest

from tfl_lite_suite.core import progress


class Screen(io.StringIO):
    def isatty(self):
        return True


class Full(io.StringIO):
    def write(self, text):
        raise OSError(errno.ENOSPC, "No space left on device")


@pytest.fixture
def clock(monkeypatch):
    now = [100.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    return now


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(-3, "0:00"), (0.4, "0:00"), (59.6, "1:00"), (125, "2:05"), (3725, "1:02:05"), (360000, "100:00:00")],
)
def test_duration(seconds, text):
    assert progress.duration(seconds) == text


def test_a_log_gets_a_line_every_half_minute(monkeypatch, clock):
    stream = io.StringIO()
    monkeypatch.setattr(progress.sys, "stderr", stream)
    bar = progress.Progress("training", 1000)
    for step in range(0, 101):
        clock[0] = 100 + step
        bar.update(step, "loss 0.5")
    bar.close()
    assert stream.getvalue().splitlines() == [
        "training: 3 % loss 0.5, 16:10 left",
        "training: 6 % loss 0.5, 15:40 left",
        "training: 9 % loss 0.5, 15:10 left",
    ]


def test_time_left_counts_from_where_a_resumed_job_began(monkeypatch, clock):
    stream = io.StringIO()
    monkeypatch.setattr(progress.sys, "stderr", stream)
    bar = progress.Progress("training", 1000)
    bar.update(500)
    clock[0] += 100
    bar.update(600)
    assert stream.getvalue() == "training: 60 %, 6:40 left\n"


def test_a_terminal_keeps_one_line_within_its_width(monkeypatch, clock):
    stream = Screen()
    monkeypatch.setattr(progress.sys, "stderr", stream)
    monkeypatch.setenv("COLUMNS", "20")
    bar = progress.Progress("preparing pictures", 4)
    bar.update(1)
    clock[0] += 1
    bar.update(2, "a detail that is longer than the line")
    bar.line("a line that stays, whole")
    bar.close()
    shown = stream.getvalue().split("\r\x1b[K")
    assert shown == ["", "preparing pictures:", "a line that stays, whole\n", ""]


def test_an_empty_job_divides_by_nothing(clock):
    bar = progress.Progress("evaluating", 0)
    clock[0] += 60
    bar.update(0)
    bar.close()


def test_a_full_log_does_not_end_the_job(monkeypatch, clock):
    monkeypatch.setattr(progress.sys, "stderr", Full())
    bar = progress.Progress("training", 10)
    bar.update(0)
    clock[0] += 60
    bar.update(1)
    bar.line("one epoch")


def test_a_job_that_takes_longer_than_expected_stays_at_a_hundred(monkeypatch, clock):
    stream = io.StringIO()
    monkeypatch.setattr(progress.sys, "stderr", stream)
    bar = progress.Progress("measuring", 2)
    for second in (0, 1, 60, 120):
        clock[0] = 100 + second
        bar.update(second)
    assert stream.getvalue() == "measuring: 100 %\nmeasuring: 100 %\n"
