import os

from tfl_lite_suite.watch.lines import Lines


def test_lines_are_written_at_once():
    read, write = os.pipe()
    lines = Lines(write)
    lines.write("ä")
    assert os.read(read, 100) == "ä\n".encode() and lines.unwritten == 0


def test_a_full_disk_loses_lines_and_counts_them():
    lines = Lines(os.open("/dev/full", os.O_WRONLY))
    lines.write("a")
    lines.write("b")
    assert lines.unwritten == 2 and not lines.closed


def test_after_half_a_line_the_next_begins_by_itself(monkeypatch):
    written, room = bytearray(), [2]

    def write(descriptor, data):
        if not room[0]:
            raise OSError(28, "No space left on device")
        part = bytes(data[: room[0]])
        written.extend(part)
        room[0] -= len(part)
        return len(part)

    lines = Lines(1)
    monkeypatch.setattr("tfl_lite_suite.watch.lines.os.write", write)
    lines.write("abcdef")
    room[0] = 100
    lines.write("next")
    lines.write("last")
    assert bytes(written) == b"ab\nnext\nlast\n" and lines.unwritten == 1


def test_a_reader_that_went_away_is_noticed():
    read, write = os.pipe()
    os.close(read)
    lines = Lines(write)
    lines.write("a")
    lines.write("b")
    assert lines.closed and lines.unwritten == 2
