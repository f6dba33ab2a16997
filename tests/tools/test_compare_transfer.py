import pictures
import pytest
import tool_modules
from PIL import Image


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


def test_a_set_in_grey_has_no_colours(tool, tmp_path):
    source = pictures.write_classes(tmp_path / "source", {"a": 4, "b": 4})
    tool.write(tool.Subset.parse(f"grey,{source},4,2,0,grey"), tmp_path / "out", 0)
    assert {Image.open(path).mode for path in (tmp_path / "out").rglob("*.png")} == {"L"}
    with pytest.raises(ValueError):
        tool.Subset.parse("a,photos,60,3,0,gray")


def test_a_source_that_is_too_small_is_refused(tool, tmp_path):
    source = pictures.write_classes(tmp_path / "source", {"a": 3, "b": 3})
    with pytest.raises(SystemExit, match="too few pictures"):
        tool.write(tool.Subset.parse(f"large,{source},10,2,0"), tmp_path / "out", 0)


def test_every_method_has_a_row(tool, tmp_path, monkeypatch):
    asked = []
    change = {"points": -0.01, "ci95": [-0.03, 0.01]}

    def run(source, workdir, seed, changes):
        asked.append((workdir.name, seed, changes["stages"], changes.get("train.epochs")))
        figures = {"top1": 0.5, "balanced_accuracy": 0.4}
        told = {"kept": "fine_tuned", "share": 0.5}
        trained = {**figures, "top1": 0.6, "seconds": 9.0, "linear_probe": figures, "transfer": told}
        names = ("float32", "litert"), ("int8_ptq", "litert"), ("int8_ptq", "tflite_runtime"), ("int8_qat", "litert")
        row = {**figures, "against_float": change}
        ledger = [{**row, "name": name, "runtime": f"{runtime} 2"} for name, runtime in names]
        return {"train": trained, "ledger": ledger}

    monkeypatch.setattr(tool, "run", run)
    source = pictures.write_classes(tmp_path / "source", {"a": 4, "b": 4})
    rows = tool.measure(tool.Subset.parse(f"few,{source},4,2,0"), tmp_path / "work", 3, 7)
    assert asked == [("transfer", 3, "[train, quantize, convert, evaluate]", None), ("plain", 3, "[train]", 7)]
    assert [(row["method"], row["top1"], row["source"], row["seed"]) for row in rows] == [
        ("plain fine-tuning", 0.6, "source", 3),
        ("linear probe", 0.5, "source", 3),
        ("transfer", 0.6, "source", 3),
        ("int8 without training", 0.5, "source", 3),
        ("int8 with training", 0.5, "source", 3),
    ]
    assert rows[2]["kept"] == "fine_tuned" and rows[2]["way"] == 0.5
    assert (rows[4]["change"], rows[4]["ci95"]) == (-0.01, [-0.03, 0.01])
    assert len(tool.measure(tool.Subset.parse(f"few,{source},4,2,0"), tmp_path / "work", 3, 0)) == 4
