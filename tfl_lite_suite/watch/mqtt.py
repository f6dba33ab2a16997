"""Sends decisions to an MQTT broker from a bounded queue, and counts what was delivered and what was lost."""

import collections
import dataclasses
import re
import ssl
import sys
import threading
import time
import urllib.parse
import uuid

from tfl_lite_suite.core.errors import ArgumentError, unknown_argument
from tfl_lite_suite.core.types import ForeignObject
from tfl_lite_suite.watch import home_assistant
from tfl_lite_suite.watch.login import Login
from tfl_lite_suite.watch.result import Delivery

PORTS = {"mqtt": 1883, "mqtts": 8883}
ONLINE, OFFLINE = "online", "offline"
_IN_FLIGHT = 20
_KEEPALIVE_SECONDS = 30
_CONNECT_SECONDS = 5.0
_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 30.0
_LOOP_SECONDS = 0.05
# What is left when watching ends gets this long.
_FLUSH_SECONDS = 5.0


@dataclasses.dataclass(frozen=True)
class Broker:
    """Where decisions go.

    Attributes:
        url: `mqtt://HOST[:PORT][/TOPIC]`, or `mqtts://` for TLS.
        name: Name of this device; also the topic's end, where the URL has none.
        login: User and password, if the broker wants them.
        authority: File of the certificate authority that signed the broker's certificate; the system's if absent.
        discovery: Home Assistant's topic for discovery; empty for none.
        queue: Greatest number of decisions that wait.
    """

    url: str
    name: str
    login: Login | None = None
    authority: str | None = None
    discovery: str = "homeassistant"
    queue: int = 1000

    def __post_init__(self) -> None:
        """Refuses what is no address of a broker."""
        parts = urllib.parse.urlsplit(self.url)
        if parts.scheme not in PORTS:
            if "://" in self.url:
                raise unknown_argument("mqtt", parts.scheme, PORTS, "kind of URL")
            raise ArgumentError("mqtt", f"expected mqtt://HOST[:PORT][/TOPIC]. Received: '{self.url}'")
        if "@" in parts.netloc:
            raise ArgumentError(
                "mqtt",
                "a password on the command line can be read by everybody at this computer. Put user and "
                "password into a file, a line each, and name it with `mqtt_login`",
            )
        try:
            known = bool(parts.hostname) and parts.port != 0
        except ValueError:
            known = False
        if not known or parts.query or parts.fragment:
            raise ArgumentError("mqtt", f"expected mqtt://HOST[:PORT][/TOPIC]. Received: '{self.url}'")
        if re.search(r"[+#\0]", self.topic):
            raise ArgumentError("mqtt", f"a topic cannot hold + or #. Received: '{self.topic}'")
        if self.authority is not None and not self.tls:
            raise ArgumentError("mqtt_ca", "TLS needs a URL that begins with mqtts://")

    @property
    def tls(self) -> bool:
        """Whether the connection is encrypted."""
        return self.url.startswith("mqtts:")

    @property
    def address(self) -> tuple[str, int]:
        """Host and port."""
        parts = urllib.parse.urlsplit(self.url)
        return str(parts.hostname), parts.port or PORTS[parts.scheme]

    @property
    def topic(self) -> str:
        """What every topic begins with."""
        path = urllib.parse.unquote(urllib.parse.urlsplit(self.url).path).strip("/")
        return path or f"tfl_lite_suite/{re.sub(r'[+#/]', '_', self.name)}"


class Publisher:
    """A connection that is opened again whenever it breaks.

    All of it happens in one thread of its own: connecting, sending and counting. `send` only puts a decision into the
    queue; where that is full, the oldest is dropped and counted as lost.
    """

    def __init__(self, broker: Broker) -> None:
        """Starts to connect, in the background.

        Raises:
            SuiteError: If paho-mqtt is not installed, or the certificate authority cannot be read.
        """
        self._broker = broker
        self._queue: collections.deque[str] = collections.deque()
        # Sending may find the connection broken, and is told so at once, in the same thread.
        self._lock = threading.RLock()
        self._sent = self._delivered = self._lost = self._outages = 0
        self._in_flight: set[int] = set()
        self._connected = False
        self._complained = ""
        self._stop_at: float | None = None
        self._stopping = threading.Event()
        self._client = self._new_client()
        self._thread = threading.Thread(target=self._run, name="mqtt", daemon=True)
        self._thread.start()

    def send(self, line: str) -> None:
        """Puts a decision into the queue; never waits."""
        with self._lock:
            self._sent += 1
            if len(self._queue) >= self._broker.queue:
                self._queue.popleft()
                self._lost += 1
            self._queue.append(line)

    def close(self) -> None:
        """Sends what is left, for a few seconds at most, and says that this device is offline."""
        self._stop_at = time.monotonic() + _FLUSH_SECONDS
        self._stopping.set()
        self._thread.join()
        with self._lock:
            self._lost += len(self._queue) + len(self._in_flight)
            self._queue.clear()
            self._in_flight.clear()

    @property
    def delivery(self) -> Delivery:
        """What became of the decisions; before `close`, some may be neither delivered nor lost."""
        with self._lock:
            return Delivery(sent=self._sent, delivered=self._delivered, lost=self._lost, outages=self._outages)

    def _new_client(self) -> ForeignObject:
        try:
            from paho.mqtt import client as paho
        except ImportError as error:
            raise ArgumentError(
                "mqtt", f"paho-mqtt is not installed ({error}). Install it with: pip install 'tfl-lite-suite[watch]'"
            ) from error
        client = paho.Client(
            paho.CallbackAPIVersion.VERSION2, client_id=f"tfl_lite_suite_{uuid.uuid4().hex[:12]}", clean_session=True
        )
        client.connect_timeout = _CONNECT_SECONDS
        client.will_set(f"{self._broker.topic}/status", OFFLINE, qos=1, retain=True)
        if self._broker.login:
            client.username_pw_set(self._broker.login.user, self._broker.login.password)
        if self._broker.tls:
            try:
                client.tls_set(ca_certs=self._broker.authority)
            except (OSError, ssl.SSLError) as error:
                raise ArgumentError("mqtt_ca", f"cannot read '{self._broker.authority}': {error}") from error
        client.on_connect, client.on_disconnect, client.on_publish = self._on_connect, self._on_disconnect, self._on_ack
        return client

    def _run(self) -> None:
        pause = _FIRST_PAUSE
        while not self._done():
            if not self._connect():
                if self._stopping.wait(pause):
                    time.sleep(_LOOP_SECONDS)
                pause = min(2 * pause, _LONGEST_PAUSE)
                continue
            while self._client.loop(_LOOP_SECONDS) == 0 and not self._done():
                if self._connected:
                    pause = _FIRST_PAUSE
                    self._publish()
            self._connected = False
        if self._client.is_connected():
            self._client.publish(f"{self._broker.topic}/status", OFFLINE, qos=1, retain=True)
            self._client.loop(_LOOP_SECONDS)
            self._client.disconnect()

    def _done(self) -> bool:
        if self._stop_at is None:
            return False
        return not (self._queue or self._in_flight) or time.monotonic() > self._stop_at

    def _connect(self) -> bool:
        try:
            self._client.connect(*self._broker.address, keepalive=_KEEPALIVE_SECONDS)
        except (OSError, ValueError) as error:
            self._complain(f"cannot be reached ({error})")
            return False
        return True

    def _publish(self) -> None:
        while self._connected and len(self._in_flight) < _IN_FLIGHT:
            with self._lock:
                if not self._queue:
                    return
                line = self._queue.popleft()
                # Counted in one step with leaving the queue, so that nothing is ever in neither.
                self._in_flight.add(self._client.publish(f"{self._broker.topic}/decision", line, qos=1).mid)

    # What follows is called by paho's `loop`, in the same thread.

    def _on_connect(
        self,
        client: ForeignObject,
        userdata: ForeignObject,
        flags: object,
        reason: ForeignObject,
        properties: object,
    ) -> None:
        if reason.is_failure:
            self._complain(f"refuses the connection ({reason})")
            return
        if self._complained:
            print(f"{self._broker.url}: connected", file=sys.stderr)
        self._connected, self._complained = True, ""
        client.publish(f"{self._broker.topic}/status", ONLINE, qos=1, retain=True)
        if self._broker.discovery:
            found = home_assistant.announcements(self._broker.name, self._broker.topic, self._broker.discovery)
            for topic, payload in found.items():
                client.publish(topic, payload, qos=1, retain=True)

    def _on_disconnect(
        self,
        client: ForeignObject,
        userdata: ForeignObject,
        flags: object,
        reason: ForeignObject,
        properties: object,
    ) -> None:
        if self._connected:
            with self._lock:
                self._outages += 1
            self._complain(f"connection lost ({reason})")
        self._connected = False

    def _on_ack(
        self, client: ForeignObject, userdata: object, mid: int, reason: ForeignObject, properties: object
    ) -> None:
        if mid in self._in_flight:
            with self._lock:
                self._in_flight.discard(mid)
                self._delivered += 1

    def _complain(self, reason: str) -> None:
        """Tells each new trouble once, until the connection stands."""
        if reason != self._complained:
            print(f"{self._broker.url}: {reason}; trying again", file=sys.stderr)
        self._complained = reason
