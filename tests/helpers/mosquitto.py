"""A real MQTT broker, Debian's mosquitto: from the PATH, or fetched without root into the suite's cache."""

import contextlib
import getpass
import os
import pathlib
import re
import shutil
import socket
import subprocess
import tempfile
import threading
import time

from tfl_lite_suite.core import cache_folder


def program():
    """Returns `(path, environment)` of mosquitto, or the reason why there is none, as a text."""
    found = shutil.which("mosquitto", path=os.environ.get("PATH", "") + ":/usr/sbin")
    if found:
        return found, dict(os.environ)
    folder = pathlib.Path(cache_folder.cache_folder()) / "mosquitto"
    if not (folder / "usr/sbin/mosquitto").is_file():
        reason = _fetch(folder)
        if reason:
            return reason
    libraries = ":".join(str(path) for path in folder.glob("usr/lib/*-linux-gnu"))
    return str(folder / "usr/sbin/mosquitto"), {**os.environ, "LD_LIBRARY_PATH": libraries}


def _fetch(folder):
    if not shutil.which("apt-get") or not shutil.which("dpkg"):
        return "mosquitto is not installed, and there is no apt-get to fetch it with"
    plan = subprocess.run(
        ["apt-get", "-s", "install", "--no-install-recommends", "mosquitto"], capture_output=True, text=True
    )
    names = re.findall(r"^Inst (\S+)", plan.stdout, re.MULTILINE)
    folder.parent.mkdir(parents=True, exist_ok=True)
    # Renamed when it is whole: other test processes may fetch it at the same time.
    with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
        made = pathlib.Path(scratch) / "mosquitto"
        made.mkdir()
        if not names or subprocess.run(["apt-get", "download", *names], cwd=made, capture_output=True).returncode:
            return "mosquitto is not installed, and apt-get cannot fetch it"
        for package in made.glob("*.deb"):
            subprocess.run(["dpkg", "-x", str(package), str(made)], check=True)
        with contextlib.suppress(OSError):
            made.rename(folder)
    return ""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Broker:
    """A mosquitto on loopback that can be killed and started again on the same port."""

    def __init__(self, folder, *settings):
        found = program()
        if isinstance(found, str):
            raise FileNotFoundError(found)
        self._program, self._environment = found
        self.port = free_port()
        self._settings = pathlib.Path(folder) / "mosquitto.conf"
        # Started by root it would become a user who cannot read the files of a test.
        lines = [f"listener {self.port} 127.0.0.1", "max_queued_messages 0", f"user {getpass.getuser()}"]
        lines += settings or ["allow_anonymous true"]
        self._settings.write_text("\n".join([*lines, ""]))
        self._process = None

    def start(self):
        command = [self._program, "-c", str(self._settings)]
        self._process = subprocess.Popen(
            command, env=self._environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        for _ in range(200):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
                return self
            if self._process.poll() is not None:
                break
            time.sleep(0.05)
        raise RuntimeError("mosquitto did not start")

    def kill(self):
        if self._process is not None:
            self._process.kill()
            self._process.wait()


class Listener:
    """A client that collects `(topic, payload)` of everything; its subscription stands once it is made."""

    def __init__(self, port, **login):
        from paho.mqtt import client as paho

        self.messages = []
        self._client = paho.Client(paho.CallbackAPIVersion.VERSION2)
        if login:
            self._client.username_pw_set(login["user"], login["password"])
        subscribed = threading.Event()
        self._client.on_connect = lambda client, *rest: client.subscribe("#", qos=1)
        self._client.on_subscribe = lambda *rest: subscribed.set()
        self._client.on_message = lambda client, data, message: self.messages.append(
            (message.topic, message.payload.decode())
        )
        self._client.reconnect_delay_set(min_delay=1, max_delay=1)
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()
        if not subscribed.wait(20):
            raise RuntimeError("mosquitto did not answer a subscription")

    def of(self, end):
        return [payload for topic, payload in list(self.messages) if topic.endswith(end)]

    def close(self):
        self._client.loop_stop()
        self._client.disconnect()


def wait_for(condition, seconds=20.0):
    """Waits until a condition holds; returns whether it does."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True
