import json
import subprocess

import mosquitto
import pytest

from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.watch import mqtt
from tfl_lite_suite.watch.login import Login
from tfl_lite_suite.watch.mqtt import Broker, Publisher


@pytest.fixture(scope="module")
def broker_program():
    found = mosquitto.program()
    if isinstance(found, str):
        pytest.skip(found)


@pytest.fixture
def broker(broker_program, tmp_path):
    running = mosquitto.Broker(tmp_path).start()
    yield running
    running.kill()


def test_decisions_arrive_in_order_with_status_and_discovery(broker):
    listener = mosquitto.Listener(broker.port)
    publisher = Publisher(Broker(f"mqtt://127.0.0.1:{broker.port}/shed/door", "door"))
    sent = [json.dumps({"frame": number}) for number in range(50)]
    for line in sent:
        publisher.send(line)
    assert mosquitto.wait_for(lambda: publisher.delivery.delivered == 50)
    publisher.close()
    assert mosquitto.wait_for(lambda: len(listener.of("shed/door/decision")) == 50)
    assert listener.of("shed/door/decision") == sent
    assert mosquitto.wait_for(lambda: listener.of("shed/door/status") == ["online", "offline"])
    assert len(listener.of("/config")) == 2
    listener.close()
    delivery = publisher.delivery
    assert (delivery.sent, delivery.delivered, delivery.lost) == (50, 50, 0)


def test_every_decision_is_delivered_or_lost_when_the_broker_is_killed(broker, capsys):
    publisher = Publisher(Broker(f"mqtt://127.0.0.1:{broker.port}", "door", queue=20))
    publisher.send("first")
    assert mosquitto.wait_for(lambda: publisher.delivery.delivered == 1)
    broker.kill()
    assert mosquitto.wait_for(lambda: publisher.delivery.outages == 1)
    for number in range(100):
        publisher.send(str(number))
    broker.start()
    assert mosquitto.wait_for(lambda: publisher.delivery.delivered == 21)
    publisher.close()
    delivery = publisher.delivery
    assert (delivery.sent, delivery.delivered, delivery.lost) == (101, 21, 80)
    assert "connection lost" in capsys.readouterr().err


def test_user_and_password(broker_program, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(mqtt, "_FLUSH_SECONDS", 0.5)
    # `eve` and `secret`, hashed by mosquitto_passwd.
    hashed = (
        "eve:$7$101$xbm9Qvy/U9yP2aq1$vQVGdrJC4OsWxW8pVG/HmkBg7O5MEzRPLSqkmYqqfkYYiLla5TGnk208dJ2PW8r4PNU7MVad"
        "cIJhKCHSa5pQzg=="
    )
    (tmp_path / "passwords").write_text(hashed + "\n")
    running = mosquitto.Broker(tmp_path, "allow_anonymous false", f"password_file {tmp_path / 'passwords'}").start()
    publisher = Publisher(Broker(f"mqtt://127.0.0.1:{running.port}", "door", Login("eve", "wrong")))
    publisher.send("x")
    assert mosquitto.wait_for(lambda: "refuses the connection" in capsys.readouterr().err)
    publisher.close()
    assert publisher.delivery.lost == 1
    publisher = Publisher(Broker(f"mqtt://127.0.0.1:{running.port}", "door", Login("eve", "secret")))
    publisher.send("x")
    assert mosquitto.wait_for(lambda: publisher.delivery.delivered == 1)
    publisher.close()
    running.kill()


def test_tls_with_an_authority_of_ones_own(broker_program, tmp_path, capsys):
    make = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
        "-days",
        "2",
    ]
    names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"]
    files = ["-keyout", str(tmp_path / "key.pem"), "-out", str(tmp_path / "cert.pem")]
    subprocess.run([*make, *names, *files], check=True, capture_output=True)
    settings = [
        f"cafile {tmp_path / 'cert.pem'}",
        f"certfile {tmp_path / 'cert.pem'}",
        f"keyfile {tmp_path / 'key.pem'}",
    ]
    running = mosquitto.Broker(tmp_path, "allow_anonymous true", *settings).start()
    url = f"mqtts://127.0.0.1:{running.port}"
    stranger = Publisher(Broker(url, "door"))
    assert mosquitto.wait_for(lambda: "cannot be reached" in capsys.readouterr().err)
    stranger.close()
    publisher = Publisher(Broker(url, "door", authority=str(tmp_path / "cert.pem")))
    publisher.send("x")
    assert mosquitto.wait_for(lambda: publisher.delivery.delivered == 1)
    publisher.close()
    running.kill()


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("broker", "expected mqtt://"),
        ("http://broker", "unknown kind of URL 'http'"),
        ("mqtt://eve:secret@broker", "`mqtt_login`"),
        ("mqtt://broker:99999", "expected mqtt://"),
        ("mqtt://", "expected mqtt://"),
        ("mqtt://broker/a%23b", "cannot hold"),
    ],
)
def test_what_is_no_address_is_refused(url, message):
    with pytest.raises(SuiteError, match=message) as caught:
        Broker(url, "door")
    assert "secret" not in str(caught.value)


def test_topics_and_ports():
    assert Broker("mqtt://h", "a/b").topic == "tfl_lite_suite/a_b" and Broker("mqtts://h", "x").address == ("h", 8883)
    with pytest.raises(SuiteError, match="mqtts"):
        Broker("mqtt://h", "x", authority="ca.pem")
