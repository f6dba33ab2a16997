from tfl_lite_suite.data.health import Health, text

FOUND = {
    "source": "s",
    "pictures": 40,
    "classes": [{"name": f"c{i}", "count": 2} for i in range(20)],
    "imbalance": 1.0,
    "splits": {"train": 40},
    "sizes": {"height": (1, 2, 3)},
    "notes": ["n"],
    "problems": [
        {"code": "blank", "severity": "warning", "message": "m", "files": [str(i) for i in range(6)], "fix": "f"}
    ],
}


def test_long_lists_are_cut():
    shown = text.show(Health.from_document(FOUND | {"label_accuracy": None}))
    assert "c11 2 and 8 more" in shown and "files: 0, 1, 2, 3 and 2 more" in shown and "warning blank: m" in shown
    assert "height 1 to 3, median 2" in shown and "note: n" in shown and "splits: train 40" in shown
