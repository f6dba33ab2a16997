"""What makes Home Assistant show a camera's answer without being configured.

Source: https://www.home-assistant.io/integrations/mqtt/#mqtt-discovery
"""

import json
import re

from tfl_lite_suite.core.types import JsonObject


def announcements(name: str, topic: str, prefix: str) -> dict[str, str]:
    """Returns payloads by their topics, to be retained by the broker.

    Args:
        name: What the device is called.
        topic: What its topics begin with.
        prefix: Home Assistant's topic for discovery, usually `homeassistant`.
    """
    identity = re.sub(r"[^A-Za-z0-9_-]", "_", topic)
    sensors: dict[str, JsonObject] = {
        "answer": {
            "name": "Answer",
            "icon": "mdi:camera-iris",
            "value_template": "{{ value_json.label if value_json.label is not none else 'none of these' }}",
            "json_attributes_topic": f"{topic}/decision",
        },
        "probability": {
            "name": "Probability",
            "icon": "mdi:percent",
            "unit_of_measurement": "%",
            "state_class": "measurement",
            "value_template": "{{ (100 * value_json.probability) | round(1) }}",
        },
    }
    shared = {
        "state_topic": f"{topic}/decision",
        "availability_topic": f"{topic}/status",
        "device": {"identifiers": [identity], "name": name, "manufacturer": "tfl_lite_suite", "model": "watch"},
        "origin": {"name": "tfl_lite_suite"},
    }
    return {
        f"{prefix}/sensor/{identity}/{key}/config": json.dumps(
            {**shared, **sensor, "unique_id": f"{identity}_{key}"}, ensure_ascii=False
        )
        for key, sensor in sensors.items()
    }
