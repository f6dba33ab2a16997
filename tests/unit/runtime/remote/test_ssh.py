import os
import stat
import subprocess
import sys

import pytest

from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.runtime.remote.ssh import Address, Connection


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("pi@raspberrypi", Address("raspberrypi", "pi")),
        ("pi@10.0.0.7:2222", Address("10.0.0.7", "pi", 2222)),
        ("my-alias", Address("my-alias")),
        ("pi@[fe80::1%eth0]:22", Address("fe80::1%eth0", "pi", 22)),
        ("[::1]", Address("::1")),
    ],
)
def test_addresses(text, found):
    assert Address.parse(text) == found
    assert str(found) == text
    assert found.arguments[-2:] == ["--", found.host]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "@host",
        "pi@",
        "-oProxyCommand=touch x",
        "pi@-oProxyCommand=x",
        "-l@host",
        "pi@host;id",
        "pi@host id",
        "pi@$(id)",
        "pi@`id`",
        "pi@host\nid",
        "pi@host:0",
        "pi@host:65536",
        "pi@host:²",
        "pi@host:",
        "a@b@host",
        "pi@a:b:c",
        "pi@[::1",
        "pi@[::1]x",
        "pi@host%x",
        "pi@host/x",
        "pi@hôte",
    ],
)
def test_what_a_shell_or_an_option_parser_could_misread_is_refused(text):
    with pytest.raises(SuiteError, match="expected ssh:USER@HOST"):
        Address.parse(text)


def connect(server, **settings):
    return Connection(Address.parse(server.address), **settings)


def test_requests_are_answered(client):
    connection = connect(client)
    assert connection.request("hello")["python"] == list(sys.version_info[:2])
    with pytest.raises(SuiteError, match=r"127\.0\.0\.1:\d+: unknown operation"):
        connection.request("x")
    connection.close()


def test_the_connection_is_made_again(client, capfd):
    connection = connect(client)
    client.drop()
    assert connection.request("missing", digests=["a" * 64]) == {"digests": ["a" * 64]}
    assert "connection lost" in capfd.readouterr().err
    client.stop()
    with pytest.raises(SuiteError, match="the connection was lost"):
        connection.hurry()
        connection.request("hello")
    connection.close()


def test_an_unknown_host_key_is_refused(client):
    client.trust("")
    with pytest.raises(SuiteError, match=rf"not known here.*accept it: ssh -p {client.port} \w+@127.0.0.1"):
        connect(client)


def test_another_host_key_is_refused_even_for_a_connection_that_broke(client):
    connection = connect(client)
    client.trust((client.folder / "user.pub").read_text())
    with pytest.raises(SuiteError, match=rf"not the one known here.*ssh-keygen -R \[127.0.0.1\]:{client.port}"):
        connect(client)
    client.drop()
    with pytest.raises(SuiteError, match="not the one known here"):
        connection.request("hello")
    connection.close()


def test_a_refused_login_says_what_to_do(client):
    user = (client.folder / "user.pub").read_text()
    (client.folder / "user.pub").write_text("")
    try:
        with pytest.raises(SuiteError, match="refused the login.*ssh-copy-id -p"):
            connect(client)
    finally:
        (client.folder / "user.pub").write_text(user)


def test_nobody_there(client):
    client.stop()
    with pytest.raises(SuiteError, match="Connection refused"):
        connect(client)


def test_a_device_without_python(client, tmp_path):
    python = client.folder / "programs" / "python3"
    python.rename(tmp_path / "python3")
    python.write_text("#!/bin/sh\necho 'python3: not found' >&2; exit 127\n")
    python.chmod(0o755)
    try:
        with pytest.raises(SuiteError, match="python3: not found"):
            connect(client)
    finally:
        (tmp_path / "python3").replace(python)


def test_login_scripts_may_print(client):
    python = client.folder / "programs" / "python3"
    source = python.read_text()
    python.write_text(source.replace("exec", "echo 'Welcome, {}'\nexec"))
    try:
        connection = connect(client)
        assert "python" in connection.request("hello")
        connection.close()
    finally:
        python.write_text(source)


def test_the_command_line_is_a_constant_but_for_the_address(tmp_path, monkeypatch):
    """What the system's ssh is given: host keys checked, options ended before the host, one command."""
    record = tmp_path / "arguments"
    fake = tmp_path / "ssh"
    fake.write_text(f"#!/bin/sh\nprintf '%s\\0' \"$@\" > {record}\nexit 255\n")
    fake.chmod(fake.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    with pytest.raises(SuiteError, match="ssh ended with status 255"):
        Connection(Address("host", "pi", 22))
    arguments = record.read_text().split("\0")[:-1]
    assert "StrictHostKeyChecking=yes" in arguments and "StrictHostKeyChecking=no" not in arguments
    assert arguments[-7:-1] == ["-p", "22", "-l", "pi", "--", "host"]
    command = arguments[-1]
    assert subprocess.run(["sh", "-n", "-c", command], check=False).returncode == 0
    assert "pi" not in command and "host" not in command and "%" not in command
