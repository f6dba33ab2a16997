import os

import pytest

from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.runtime.remote.device import Device
from tfl_lite_suite.runtime.remote.ssh import Address


class Answers:
    """A connection whose replies are laid down by operation; it notes what was asked."""

    address = Address("pi")

    def __init__(self, **replies):
        hello = {"python": [3, 11], "machine": "aarch64", "libc": "glibc 2.36"}
        defaults = {"hello": hello, "missing": {"digests": []}, "installed": {"complete": True}}
        self.replies = {**defaults, "put": {}, "start": {}, "remove": {}, "fetch": b"", **replies}
        self.asked = []
        self.in_a_hurry = False

    def request(self, operation, **fields):
        self.asked.append((operation, fields))
        reply = self.replies[operation]
        return reply.pop(0) if isinstance(reply, list) else reply

    def hurry(self):
        self.in_a_hurry = True

    def count(self, operation):
        return sum(name == operation for name, _ in self.asked)


DONE = {"state": "done", "status": 0, "note": ""}
LOST = {"state": "lost", "status": None, "note": ""}


def test_what_is_there_is_not_copied_nor_installed_again():
    connection = Answers(wait=DONE, fetch=b'{"a": 1}')
    outcome = Device(connection).run("benchmark", [], inputs={"model": b"m"})
    assert outcome.document == {"a": 1}
    assert connection.count("put") == 0 and connection.count("start") == connection.count("remove") == 1


def test_what_is_missing_is_copied():
    connection = Answers(wait=DONE, missing={"digests": ["x"]})
    Device(connection).send(b"m")
    assert [fields["content"] for name, fields in connection.asked if name == "put"][-1] == b"m"


def test_a_lost_job_is_started_again_under_its_name(capsys):
    connection = Answers(wait=[LOST, {"state": "running"}, DONE])
    Device(connection).run("benchmark", [])
    names = {fields["job"] for name, fields in connection.asked if name == "start"}
    assert connection.count("start") == 2 and len(names) == 1
    assert "starting it again" in capsys.readouterr().err


def test_a_job_that_is_always_lost_is_given_up_and_removed():
    connection = Answers(wait=LOST)
    with pytest.raises(SuiteError, match="without a result"):
        Device(connection).run("benchmark", [])
    assert connection.asked[-1][0] == "remove" and connection.in_a_hurry


def test_ctrl_c_ends_the_job_there():
    class Interrupted(Answers):
        def request(self, operation, **fields):
            if operation == "wait":
                raise KeyboardInterrupt
            return super().request(operation, **fields)

    connection = Interrupted()
    with pytest.raises(KeyboardInterrupt):
        Device(connection).run("benchmark", [])
    assert connection.asked[-1][0] == "remove" and connection.in_a_hurry


def test_an_old_python_is_told_before_anything_is_copied():
    connection = Answers(hello={"python": [3, 9], "machine": "aarch64", "libc": ""})
    with pytest.raises(SuiteError, match="the device has Python 3.9"):
        Device(connection)
    assert connection.count("put") == 0


def test_an_installation_that_fails_says_what_pip_said():
    failed = {"state": "done", "status": 1, "note": "ERROR: no network"}
    with pytest.raises(SuiteError, match="could not be installed: ERROR: no network.*`wheels=FOLDER`"):
        Device(Answers(installed={"complete": False}, wait=failed))


def test_a_verb_that_is_killed_is_no_result():
    with pytest.raises(SuiteError, match="ended there with status -9"):
        Device(Answers(wait={"state": "done", "status": -9, "note": ""})).run("benchmark", [])


def test_wheels_are_looked_at_before_anything_is_installed(tmp_path):
    for folder, message in ((tmp_path / "none", "no such folder"), (tmp_path, "no wheels")):
        with pytest.raises(SuiteError, match=f"wheels: {message}"):
            Device(Answers(installed={"complete": False}), str(folder))


def test_the_environment_depends_on_what_goes_into_it(tmp_path):
    def environment(**changed):
        connection = Answers(wait=DONE)
        Device(connection, **changed).run("benchmark", [])
        return next(fields["task"]["environment"] for name, fields in connection.asked if name == "start")

    (tmp_path / "a-1-py3-none-any.whl").write_bytes(b"1")
    first = environment(wheels=str(tmp_path))
    (tmp_path / "a-1-py3-none-any.whl").write_bytes(b"2")
    found = {environment(), first, environment(wheels=str(tmp_path)), environment(packages=["tflite-runtime"])}
    assert len(found) == 4 and environment() == environment()
    assert os.listdir(tmp_path) == ["a-1-py3-none-any.whl"]
