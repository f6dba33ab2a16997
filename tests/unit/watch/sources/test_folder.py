import os
import time

import pytest

from tfl_lite_suite.watch.sources import folder as folder_source
from tfl_lite_suite.watch.sources.folder import FolderSource


def names(source):
    """Everything that the folder gives now: it is looked at once when nothing is left."""
    found = []
    while frame := source.next(0):
        found.append(os.path.basename(frame.path))
    return found


def write(path, age=100.0):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x")
    stamp = time.time() - age
    os.utime(path, (stamp, stamp))


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(folder_source, "_POLL_SECONDS", 0.0)
    monkeypatch.setattr(folder_source, "_SCAN_SHARE", 0)


def test_pictures_come_once_the_oldest_first(tmp_path):
    for name, age in (("b.png", 300), ("day/a.jpg", 200), ("c.PNG", 100), (".hidden.png", 50), ("notes.txt", 50)):
        write(tmp_path / name, age)
    source = FolderSource(str(tmp_path))
    assert names(source) == ["b.png", "a.jpg", "c.PNG"]
    write(tmp_path / "d.png", 10)
    write(tmp_path / "b.png", 5)
    assert names(source) == ["d.png", "b.png"] and not source.finished


def test_what_is_there_already_can_be_left_out(tmp_path):
    write(tmp_path / "old.png")
    source = FolderSource(str(tmp_path), existing=False)
    write(tmp_path / "new.png", 10)
    assert names(source) == ["new.png"]


def test_once_ends_when_all_are_given(tmp_path):
    write(tmp_path / "a.png")
    source = FolderSource(str(tmp_path), once=True)
    assert names(source) == ["a.png"] and source.finished


def test_a_file_that_is_being_written_waits_until_it_is_whole(tmp_path, monkeypatch):
    path, growing = tmp_path / "a.png", iter(range(1, 4))
    write(path, 0)
    source = FolderSource(str(tmp_path))
    scan = source._scan

    def scan_and_write():
        scan()
        if size := next(growing, 0):
            path.write_bytes(b"x" * (1 + size))

    monkeypatch.setattr(source, "_scan", scan_and_write)
    frame = source.next(10)
    assert os.path.getsize(frame.path) == 4


def test_a_folder_that_is_gone_for_a_while(tmp_path, capsys):
    write(tmp_path / "in" / "a.png")
    source = FolderSource(str(tmp_path / "in"))
    assert names(source) == ["a.png"]
    (tmp_path / "in").rename(tmp_path / "away")
    assert names(source) == []
    (tmp_path / "away").rename(tmp_path / "in")
    write(tmp_path / "in" / "b.png")
    assert names(source) == ["b.png"] and source.outages == 1
    assert [line.split()[-1] for line in capsys.readouterr().err.splitlines()] == ["it", "back"]
