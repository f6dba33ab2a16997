import pictures
import pytest
import tool_modules


@pytest.fixture(scope="module")
def tool():
    return tool_modules.load("compare_transfer")


def _names(folder):
    return sorted(path.stem for path in folder.glob("*"))


def test_counts_add_up_to_the_pictures(tool):
    assert tool.Subset.parse("a,photos,60,3,0").counts() == [20, 20, 20]
    assert tool.Subset.parse("a,photos,100,4,0.7").counts() == [70, 10, 10, 10]
    assert sum(tool.Subset.parse("a,photos,1344,6,0.71").counts()) == 1344


def test_a_set_has_its_counts_and_no_picture_twice(tool, tmp_path):
    source = pictures.write_classes(tmp_path / "source", {name: 12 for name in "abcd"})
    subset = tool.Subset.parse(f"skewed,{source},20,3,0.6")
    for seed in (0, 1):
        tool.write(subset, tmp_path / str(seed), seed)
    first = tmp_path / "0"
    counts = {part: [len(_names(first / part / f"class_{label}")) for label in range(3)] for part in ("train", "test")}
    # The first class took in the fourth.
    assert counts == {"train": [12, 4, 4], "test": [12, 4, 4]}
    used = [name for label in range(3) for part in counts for name in _names(first / part / f"class_{label}")]
    assert len(used) == len(set(used)) == 40
    assert _names(first / "train" / "class_1") != _names(tmp_path / "1" / "train" / "class_1")


def test_a_source_that_is_too_small_is_refused(tool, tmp_path):
    source = pictures.write_classes(tmp_path / "source", {"a": 3, "b": 3})
    with pytest.raises(SystemExit, match="too few pictures"):
        tool.write(tool.Subset.parse(f"large,{source},10,2,0"), tmp_path / "out", 0)


def test_every_method_has_a_row(tool, tmp_path, monkeypatch):
    asked = []

    def train(source, workdir, seed, changes):
        asked.append((workdir.name, seed, changes.get("epochs")))
        probe = {"top1": 0.5, "balanced_accuracy": 0.4}
        told = {"kept": "fine_tuned", "share": 0.5}
        return {"top1": 0.6, "balanced_accuracy": 0.5, "seconds": 9.0, "linear_probe": probe, "transfer": told}

    monkeypatch.setattr(tool, "train", train)
    source = pictures.write_classes(tmp_path / "source", {"a": 4, "b": 4})
    rows = tool.measure(tool.Subset.parse(f"few,{source},4,2,0"), tmp_path / "work", 3, 7)
    assert asked == [("transfer", 3, None), ("plain", 3, 7)]
    assert [(row["method"], row["top1"], row["source"], row["seed"]) for row in rows] == [
        ("plain fine-tuning", 0.6, "source", 3),
        ("linear probe", 0.5, "source", 3),
        ("transfer", 0.6, "source", 3),
    ]
    assert rows[2]["kept"] == "fine_tuned" and rows[2]["way"] == 0.5
