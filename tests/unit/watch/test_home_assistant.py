import json

from tfl_lite_suite.watch import home_assistant


def test_two_sensors_are_announced():
    found = home_assistant.announcements("Garten", "garten/kamera", "homeassistant")
    assert set(found) == {f"homeassistant/sensor/garten_kamera/{key}/config" for key in ("answer", "probability")}
    answer = json.loads(found["homeassistant/sensor/garten_kamera/answer/config"])
    assert answer["state_topic"] == "garten/kamera/decision" and answer["availability_topic"] == "garten/kamera/status"
    assert answer["unique_id"] == "garten_kamera_answer" and answer["device"]["name"] == "Garten"
