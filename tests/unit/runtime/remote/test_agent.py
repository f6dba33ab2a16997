import ast
import contextlib
import hashlib
import io
import json
import os
import pathlib
import signal
import sys
import time

import pytest

from tfl_lite_suite.runtime.remote import agent, package

JOB, ENVIRONMENT = "0" * 64, "e" * 64
SOURCE = pathlib.Path(agent.__file__).read_text(encoding="utf-8")
VERB = """
import os, sys, time
print(sys.argv[1:], open("inputs/model").read(), os.listdir("inputs/folder"), os.environ["TFL_LITE_SUITE_CACHE"])
print("half way", file=sys.stderr)
time.sleep(float(sys.argv[1]))
sys.exit(3)
"""


@pytest.fixture
def device(tmp_path):
    """An agent's folder, with an environment that is this Python, and a package that is one small verb."""
    found = agent.Agent(tmp_path, SOURCE)
    (tmp_path / "environments" / ENVIRONMENT / "bin").mkdir(parents=True)
    (tmp_path / "environments" / ENVIRONMENT / "bin" / "python").symlink_to(sys.executable)
    return found


def put(device, content):
    digest = hashlib.sha256(content).hexdigest()
    device.put(digest, iter([content]))
    return digest


def task(device, seconds=0.0):
    return {
        "kind": "run",
        "environment": ENVIRONMENT,
        "package": put(
            device, package.archive({"tfl_lite_suite/__init__.py": b"", "tfl_lite_suite/v.py": VERB.encode()})
        ),
        "verb": "v",
        "flags": [str(seconds), "; touch x $(id)"],
        "inputs": {"model": put(device, b"a model")},
        "archives": {"folder": put(device, package.archive({"one": b"1"}))},
    }


def talk(device, *requests):
    """Sends requests, each a dictionary or raw bytes, and returns the replies after the greeting."""
    lines = [item if isinstance(item, bytes) else json.dumps(item).encode() + b"\n" for item in requests]
    replies = io.BytesIO()
    agent.serve(device, io.BytesIO(b"".join(lines)), replies)
    greeting, *rest = [line for line in replies.getvalue().split(b"\n") if line]
    assert json.loads(greeting)["greeting"] == agent.GREETING
    return rest


def test_an_old_python_can_read_the_source_and_say_what_it_is():
    ast.parse(SOURCE, feature_version=(3, 7))


def test_it_needs_the_standard_library_alone():
    names = set()
    for node in ast.walk(ast.parse(SOURCE)):
        names |= {alias.name for alias in node.names} if isinstance(node, ast.Import) else set()
        names |= {node.module} if isinstance(node, ast.ImportFrom) else set()
    assert {name.partition(".")[0] for name in names} <= sys.stdlib_module_names


def test_files_are_kept_by_checksum(device):
    digest = put(device, b"abc")
    other = hashlib.sha256(b"other").hexdigest()
    assert device.missing([digest, other]) == {"digests": [other]}
    with pytest.raises(agent.Refused, match="damaged"):
        device.put(other, iter([b"not the other"]))
    assert [path.name for path in (device.root / "files").iterdir()] == [digest]


@pytest.mark.parametrize("name", ["", "../x", "/etc/passwd", ".hidden", "-rf", "a/b", "a\nb", "a" * 300])
def test_names_that_lead_elsewhere_are_refused(device, name):
    with pytest.raises(agent.Refused):
        device.fetch(JOB, name)
    with pytest.raises(agent.Refused):
        device.remove(name)
    with pytest.raises(agent.Refused):
        device.missing([name])


def test_requests_go_on_after_one_was_refused(device):
    digest = hashlib.sha256(b"abc").hexdigest()
    replies = talk(
        device,
        {"operation": "put", "digest": "../x", "size": 5},
        b"{}\n\n\n",
        {"operation": "format_disk"},
        {"operation": "put", "digest": digest, "size": 3},
        b"abc",
        {"operation": "missing", "digests": [digest]},
    )
    assert "not a name" in json.loads(replies[0])["error"]
    assert "unknown operation" in json.loads(replies[1])["error"]
    assert [json.loads(reply) for reply in replies[2:]] == [{"size": 0}, {"digests": [], "size": 0}]


def test_an_environment_without_its_python_is_not_there(device):
    assert device.installed(ENVIRONMENT) == {"complete": False}
    (device.root / "environments" / ENVIRONMENT / "complete").touch()
    assert device.installed(ENVIRONMENT) == {"complete": True}
    (device.root / "environments" / ENVIRONMENT / "bin" / "python").unlink()
    (device.root / "environments" / ENVIRONMENT / "bin" / "python").symlink_to("/nowhere/python3")
    assert device.installed(ENVIRONMENT) == {"complete": False}


def test_hello_tells_the_python(device):
    assert json.loads(talk(device, {"operation": "hello"})[0])["python"] == list(sys.version_info[:2])


def test_a_job_runs_apart_and_leaves_its_result(device):
    device.start(JOB, task(device))
    device.start(JOB, task(device))
    assert device.wait(JOB, 30) == {"state": "done", "status": 3, "note": "half way"}
    text = device.fetch(JOB, "stdout").read_text()
    assert "['0.0', '; touch x $(id)'] a model ['one']" in text
    assert text.strip().endswith("inputs") and text.count("\n") == 1
    device.remove(JOB)
    assert os.listdir(device.root / "jobs") == []
    assert device.wait(JOB, 0)["state"] == "lost"


def running_job(device):
    device.start(JOB, task(device, seconds=60))
    folder = device.root / "jobs" / JOB
    end = time.monotonic() + 30
    while "half way" not in (folder / "stderr").read_text() and time.monotonic() < end:
        time.sleep(0.02)
    assert device.wait(JOB, 0.1)["state"] == "running"
    return int((folder / "pid").read_text())


def alive(group):
    """Processes of a group that still run, the job and its verb."""
    found = []
    for path in pathlib.Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            state, _, its_group = path.read_text().rpartition(")")[2].split()[:3]
            found += [path] if int(its_group) == group and state != "Z" else []
    return found


def test_removing_ends_what_still_runs(device):
    pid = running_job(device)
    assert len(alive(pid)) == 2
    device.remove(JOB)
    end = time.monotonic() + 10
    while alive(pid) and time.monotonic() < end:
        time.sleep(0.02)
    assert alive(pid) == []
    assert os.listdir(device.root / "jobs") == []


def test_a_job_that_was_killed_is_lost_and_can_be_started_again(device):
    os.killpg(running_job(device), signal.SIGKILL)
    assert device.wait(JOB, 10)["state"] == "lost"
    device.start(JOB, task(device))
    assert device.wait(JOB, 30)["status"] == 3


def test_what_nobody_wants_any_more_is_removed(device):
    kept, old = put(device, b"kept"), put(device, b"old")
    (device.root / "jobs" / JOB).mkdir()
    (device.root / "jobs" / ("1" * 64)).mkdir()
    os.utime(device.root / "files" / old, (0, 0))
    os.utime(device.root / "jobs" / JOB, (0, 0))
    device.hello()
    assert os.listdir(device.root / "files") == [kept]
    assert os.listdir(device.root / "jobs") == ["1" * 64]


def test_a_task_that_cannot_be_done_says_so(device):
    device.start(JOB, task(device) | {"inputs": {"model": "a" * 64}})
    found = device.wait(JOB, 30)
    assert found["status"] == 1 and found["note"].startswith("error: ")
