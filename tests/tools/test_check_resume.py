import pytest
import tool_modules

from tfl_lite_suite.core.files import write_json


@pytest.fixture(scope="module")
def check_resume():
    return tool_modules.load("check_resume")


@pytest.fixture
def folders(tmp_path):
    """Two work folders that differ in nothing but times."""
    for name, seconds in (("first", 1.0), ("second", 2.0)):
        results = {"train": {"top1": 0.5, "seconds": seconds, "history": [{"loss": 1.5, "images_per_s": seconds}]}}
        write_json(tmp_path / name / "results.json", results)
        write_json(tmp_path / name / "train" / "predictions.json", {"top1": [0, 1]})
        (tmp_path / name / "convert").mkdir()
        (tmp_path / name / "convert" / "x.tflite").write_bytes(b"weights")
    return tmp_path / "first", tmp_path / "second"


def test_times_make_no_difference(check_resume, folders):
    assert check_resume.differences(*folders) == []


def test_every_other_difference_is_named(check_resume, folders):
    second = folders[1]
    (second / "convert" / "x.tflite").write_bytes(b"Weights")
    (second / "convert" / "y.tflite").write_bytes(b"")
    write_json(second / "train" / "predictions.json", {"top1": [1, 1]})
    write_json(second / "results.json", {"train": {"top1": 0.5, "history": [{"loss": 1.6}]}, "lint": []})
    assert check_resume.differences(*folders) == [
        "results of lint",
        "results of train",
        "convert/y.tflite is in one of them only",
        "convert/x.tflite",
        "train/predictions.json",
    ]
    (second / "results.json").unlink()
    assert check_resume.differences(*folders) == ["one of the runs has no results.json"]
