import dataclasses
import json
import zipfile

import pytest

from tfl_lite_suite.core.contract import FILE_BESIDE, FILE_NAME, Contract, beside, from_json
from tfl_lite_suite.core.errors import SuiteError

CONTRACT = Contract(224, 192, 3, 256, 256, fit="crop", contrast="stretch", labels=("cat", "hünd", "a b"))


def test_json_round_trip_keeps_everything():
    assert from_json(CONTRACT.to_json()) == CONTRACT
    assert json.loads(CONTRACT.to_json())["version"] == 1


def test_the_contract_beside_a_model(tmp_path):
    assert beside(tmp_path / "model.keras") is None
    (tmp_path / FILE_BESIDE).write_text(CONTRACT.to_json(), encoding="utf-8")
    assert beside(str(tmp_path / "model.keras")) == CONTRACT
    (tmp_path / FILE_BESIDE).write_text("[]", encoding="utf-8")
    with pytest.raises(SuiteError, match="expected a JSON object"):
        beside(tmp_path / "model.keras")
    (tmp_path / FILE_BESIDE).write_bytes(b"\xff{}")
    with pytest.raises(SuiteError, match="not text in UTF-8: .* at byte 0"):
        beside(tmp_path / "model.keras")


def test_a_contract_in_the_file_comes_before_the_one_beside_it(tmp_path):
    path = tmp_path / "mine.keras"
    (tmp_path / FILE_BESIDE).write_text(CONTRACT.to_json(), encoding="utf-8")
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("config.json", "{}")
    assert beside(path) == CONTRACT
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(FILE_NAME, dataclasses.replace(CONTRACT, contrast="none").to_json())
    assert beside(path).contrast == "none"


def test_a_damaged_contract_in_a_file_is_told(tmp_path):
    path = tmp_path / "mine.keras"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(FILE_NAME, CONTRACT.to_json())
    path.write_bytes(path.read_bytes().replace(b"stretch", b"stretcj"))
    with pytest.raises(SuiteError, match="mine.keras: contract: Bad CRC-32"):
        beside(path)
    with open(tmp_path / FILE_BESIDE, "wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(SuiteError, match="contract: 1,099,511,627,776 bytes"):
        beside(tmp_path / "model.keras")


def test_image_shape():
    assert CONTRACT.image_shape == (224, 192, 3)


@pytest.mark.parametrize(
    "change, said",
    [
        ({"height": 0}, "contract.height: .* Received: 0"),
        ({"width": 5000}, "contract.width"),
        ({"resize_height": 2.5}, "contract.resize_height: .* Received: 2.5"),
        ({"resize_width": True}, "contract.resize_width"),
        ({"channels": 4}, r"contract.channels: expected the whole number 1 \(grey\) or 3 \(RGB\). Received: 4"),
        ({"channels": 3.0}, "contract.channels: .* Received: 3.0"),
        ({"resize_height": 200}, "smaller than the crop 224x192"),
        ({"fit": "pad"}, "contract.fit: .* Received: 'pad'"),
        ({"contrast": "clahe"}, "contract.contrast"),
        ({"labels": ("a", 3)}, r"contract.labels\[1\]: expected a string. Received: 3"),
    ],
)
def test_impossible_values_are_refused(change, said):
    with pytest.raises(SuiteError, match=said):
        dataclasses.replace(CONTRACT, **change)


@pytest.mark.parametrize(
    "text, said",
    [
        ("", "not JSON"),
        ("[" * 100_000, "nested too deeply"),
        ("[1]", "expected a JSON object"),
        ("{}", "version 1 only"),
        ('{"version": 2}', "version 1 only"),
        ('{"version": 1.0}', "contract.version: .* Received: 1.0"),
        ('{"version": 1, "height": 3}', "contract.channels: missing"),
        ('{"version": 1, "heigth": 3}', "Did you mean 'height'"),
    ],
)
def test_hostile_json_is_refused(text, said):
    with pytest.raises(SuiteError, match=said):
        from_json(text)


@pytest.mark.parametrize("labels", ['"abc"', "[1]", "null"])
def test_labels_must_be_a_list_of_strings(labels):
    document = json.loads(CONTRACT.to_json()) | {"labels": json.loads(labels)}
    with pytest.raises(SuiteError, match="contract.labels"):
        from_json(json.dumps(document))
