import shutil
import socket
import subprocess

import pytest

from tfl_lite_suite.watch import service

COMMAND = ["/usr/bin/python3", "-m", "tfl_lite_suite.watch", "--source=my photos", '--name=50% $HOME "x"']


def test_words_are_quoted_as_systemd_reads_them():
    text = service.unit(COMMAND, "/home/pi", "pi")
    assert (
        'ExecStart=/usr/bin/python3 -m tfl_lite_suite.watch "--source=my photos" "--name=50%% $$HOME \\"x\\""' in text
    )
    assert "Restart=on-failure" in text and "User=pi" in text


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd-analyze is not installed")
def test_systemd_finds_no_fault_in_the_unit(tmp_path):
    path = tmp_path / "watch.service"
    path.write_text(service.unit(["/bin/true", *COMMAND[1:]], "/", "root"))
    done = subprocess.run(["systemd-analyze", "verify", str(path)], capture_output=True, text=True)
    assert "watch.service" not in done.stderr, done.stderr


def test_systemd_is_told(tmp_path, monkeypatch):
    address = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(address)
        monkeypatch.setenv("NOTIFY_SOCKET", address)
        service.Notifier().tell("WATCHDOG=1")
        assert systemd.recv(100) == b"WATCHDOG=1"


def test_without_systemd_nobody_is_told(monkeypatch):
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    service.Notifier().tell("READY=1")
