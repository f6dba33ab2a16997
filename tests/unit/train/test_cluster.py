import json
import socket
import threading
import time

import pytest

from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.train import cluster
from tfl_lite_suite.train.cluster import Cluster


def environment(jobs, kind="worker", index=0):
    return {"TF_CONFIG": json.dumps({"cluster": jobs, "task": {"type": kind, "index": index}})}


def free_ports(count):
    listeners = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [listener.getsockname()[1] for listener in listeners]
    for listener in listeners:
        listener.close()
    return ports


def members(count=2):
    addresses = tuple(f"127.0.0.1:{port}" for port in free_ports(count))
    return [Cluster(addresses, rank) for rank in range(count)]


def meet_all(of, inputs, seconds=10.0):
    """Lets each member meet in a thread of its own; returns what each raised."""
    errors = [None] * len(of)

    def meet(place):
        try:
            cluster.meet(of[place], inputs[place], seconds)
        except SuiteError as error:
            errors[place] = str(error)

    threads = [threading.Thread(target=meet, args=(place,)) for place in range(len(of))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return errors


def test_workers_and_chief_are_ranked():
    assert cluster.from_environment(environment({"worker": ["a:1", "b:2"]}, index=1)) == Cluster(("a:1", "b:2"), 1)
    jobs = {"worker": ["b:2", "[::1]:3"], "chief": ["a:1"]}
    assert cluster.from_environment(environment(jobs, index=1)) == Cluster(("a:1", "b:2", "[::1]:3"), 2)
    assert cluster.from_environment(environment(jobs, "chief")).name == "the chief"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "not set"),
        ({"TF_CONFIG": "{cluster"}, "not JSON"),
        ({"TF_CONFIG": "[]"}, "'cluster' is missing"),
        ({"TF_CONFIG": '{"cluster": {"worker": ["a:1"]}}'}, "'task' is missing"),
        (environment({"worker": ["a:1"], "ps": ["b:1"]}), "cluster.ps: every process trains"),
        (environment({"worker": "a:1"}), "expected a list of addresses"),
        (environment({"chief": ["a:1", "b:1"]}, "chief"), "expected a list of one address"),
        (environment({"worker": ["a"]}), 'expected host:port. Received: "a"'),
        (environment({"worker": ["a:70000"]}), 'expected host:port. Received: "a:70000"'),
        (environment({"worker": ["a:1", "a:1"]}), "an address stands twice"),
        (environment({"worker": ["a:1"]}, "chief"), 'task.type is "chief", which cluster does not name'),
        (environment({"worker": ["a:1", "b:1"]}, index=2), "task.index is 2; cluster.worker has 0 to 1"),
        (environment({"worker": ["a:1"]}, index="0"), 'task.index is "0"'),
    ],
)
def test_a_malformed_tf_config_is_refused(given, message):
    with pytest.raises(SuiteError) as caught:
        cluster.from_environment(given)
    assert str(caught.value).startswith("TF_CONFIG: ") and message in str(caught.value)


def test_all_meet():
    assert meet_all(members(3), ["equal"] * 3) == [None] * 3


def test_one_alone_waits_for_nobody():
    cluster.meet(Cluster(("127.0.0.1:1",), 0), "", 0.0)


def test_other_inputs_are_told_to_both():
    errors = meet_all(members(), ["these", "those"])
    assert all("worker 1 and the chief would train differently" in error for error in errors)


def test_who_is_missing_is_named():
    of = members(3)
    (error,) = meet_all(of[:1], [""], 0.5)
    assert f"no word from worker 1 ({of[0].addresses[1]}), worker 2" in error and "`peer_timeout`" in error
    (error,) = meet_all(of[1:2], [""], 0.5)
    assert f"worker 1: no answer from the chief at {of[0].addresses[0]}" in error


def test_a_port_in_use_is_told():
    of = members()
    with socket.create_server(("", int(of[0].addresses[0].rpartition(":")[2]))):
        (error,) = meet_all(of[:1], [""])
    assert "of this process: Address already in use" in error


def test_a_worker_that_the_chief_cannot_reach_is_told():
    chief, worker = members()
    here, nowhere, elsewhere = *chief.addresses, f"127.0.0.1:{free_ports(1)[0]}"
    errors = meet_all([Cluster((here, nowhere), 0), Cluster((here, elsewhere), 1)], ["", ""], 4.0)
    assert f"heard from worker 1 but cannot reach it at {worker.addresses[1]}" in errors[0]


def test_strangers_are_ignored():
    of = members()
    errors = []
    thread = threading.Thread(target=lambda: errors.extend(meet_all(of[:1], [""])))
    thread.start()
    for words in (b"GET / HTTP/1.1\r\n\r\n", b'{"rank": 9}\n', b"[]\n", b""):
        for _ in range(50):
            try:
                with socket.create_connection(("127.0.0.1", int(of[0].addresses[0].rpartition(":")[2]))) as stranger:
                    stranger.sendall(words)
                break
            except ConnectionRefusedError:
                time.sleep(0.05)
    assert meet_all(of[1:], [""]) == [None]
    thread.join()
    assert errors == [None]
