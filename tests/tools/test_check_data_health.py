import pytest
from PIL import Image
from tool_modules import load

check = load("check_data_health")


def test_shares_of_what_was_planted():
    problems = [
        {"code": "near_duplicate", "files": ["c1", "x"], "groups": [["c1", "x"], ["y", "z"]]},
        {"code": "mislabelled", "files": ["l1", "p"], "groups": []},
        {"code": "mask_class", "files": ["m1", "m2"], "groups": []},
    ]
    planted = {"copies": ["c1", "c2"], "labels": ["l1"], "masks": ["m1", "m2"]}
    found = check.judge({"problems": problems}, planted, 120)
    assert (found["copies"], found["labels"], found["masks"]) == (0.5, 1.0, 1.0)
    assert found["false_labels"] == 0.01 and found["other_copies"] == 1 and found["false_masks"] == 0


@pytest.mark.parametrize("kind", range(8))
def test_changed_pictures_stay_pictures(kind):
    assert min(check.changed(Image.new("RGB", (60, 40), (9, 99, 200)), kind).size) >= 20
