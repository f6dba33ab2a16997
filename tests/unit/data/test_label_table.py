import numpy as np
import pytest
from pictures import write_picture

from tfl_lite_suite import data
from tfl_lite_suite.core.contract import Contract
from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.core.recipe import Data
from tfl_lite_suite.data import label_table


def write(folder, text, *pictures):
    for seed, name in enumerate(pictures):
        write_picture(folder / name, seed)
    folder.mkdir(exist_ok=True)
    (folder / "labels.csv").write_text(text, encoding="utf-8-sig")
    return folder


def lines(found):
    return dict(zip(found.keys, (found.class_names[label] for label in found.labels), strict=True))


@pytest.mark.parametrize("source", ["", "labels.csv"])
def test_files_and_labels(tmp_path, source):
    write(tmp_path, "file,label\na.png,dog\nsub/b.png,cat\n", "a.png", "sub/b.png", "left_out.png")
    found = data.listing_of(str(tmp_path / source))
    assert found.class_names == ("cat", "dog") and found.targets is None
    assert lines(found) == {"a.png": "dog", "sub/b.png": "cat"}
    assert found.notes == ("1 pictures have no line in labels.csv and were left out",)


def test_ids_without_suffix_as_kaggle_ships_them(tmp_path):
    write(tmp_path, "image_id;diagnosis\n001;healthy\n002;rust\n", "train_images/001.png", "train_images/002.png")
    assert lines(data.listing_of(str(tmp_path))) == {"train_images/001.png": "healthy", "train_images/002.png": "rust"}


def test_several_labels_between_bars(tmp_path):
    write(tmp_path, "file,labels\na.png,rust|scab\nb.png,rust\nc.png,\n", "a.png", "b.png", "c.png")
    found = data.listing_of(str(tmp_path))
    assert found.class_names == ("rust", "scab")
    assert found.targets.tolist() == [[True, True], [True, False], [False, False]]
    assert found.labels.tolist() == [1, 0, -1]


def test_one_column_a_class(tmp_path):
    write(tmp_path, "image,scab,rust,split\na,1,0,train\nb,0,1,train\nc,1,1,test\n", "a.png", "b.png", "c.png")
    found = data.listing_of(str(tmp_path))
    assert found.class_names == ("scab", "rust") and found.parts == ("train", "train", "test")
    assert found.targets.tolist() == [[True, False], [False, True], [True, True]]
    write(tmp_path, "image,scab,rust\na,1,0\nb,0,1\n")
    assert data.listing_of(str(tmp_path)).targets is None


def test_a_table_a_split(tmp_path):
    write(tmp_path, "", "train/1.png", "train/2.png", "test/1.png", "test/2.png")
    (tmp_path / "labels.csv").unlink()
    for part in ("train", "test"):
        (tmp_path / f"{part}.csv").write_text("id,label\n1,cat\n2,dog\n")
    found = data.listing_of(str(tmp_path))
    assert found.keys == ("test/1.png", "test/2.png", "train/1.png", "train/2.png")
    assert found.parts == ("test", "test", "train", "train") and found.labels.tolist() == [0, 1, 0, 1]


def test_classes_in_folders_beside_another_table_are_folders(tmp_path):
    write(tmp_path, "width,height\n3,4\n", "cat/a.png", "dog/b.png")
    assert data.listing_of(str(tmp_path)).class_names == ("cat", "dog")


@pytest.mark.parametrize(
    "text, said",
    [
        ("file,label\na.png,cat\nz.png,dog\ny.png,dog\n", "line 3: no picture 'z.png' in '.*' or below, and 1 more"),
        ("file,klass\na.png,cat\n", "no column with labels; call it 'label', .*It has: file, klass"),
        ("picture,label\na.png,cat\n", "no column with the pictures' files; call it 'file'"),
        ("file\na.png\n", "no column with labels"),
        ("file,label\n", "a header and no lines"),
        ("", "the CSV is empty"),
        ("file,label\na.png,cat,3\n", "line 2: 3 cells, but the header has 2"),
        ("file,label\na.png,\nb.png,cat\n", "line 2: the label of 'a.png' is empty"),
        ("file,cat,dog,age\na.png,1,0,7\n", "column 'age' is no class: line 2 has '7', expected 0 or 1"),
        ("file,label\na.png,cat\na,dog\n", "line 3: 'a' stands in line 2 of labels.csv already"),
        ("file,label\nc,cat\na,dog\n", "line 2: 'c' may be 'c.png' or 'sub/c.png'"),
        ("file,label,split\na,cat,train\nb,dog,tset\n", "line 3: split: unknown split 'tset'. Did you mean 'test'"),
        (
            "file,label,split\na,cat,train\nb,dog,train\nsub/c,cat,test\n",
            "class 'dog' has no picture in the test split, only in train",
        ),
        (
            "file,label,split\na,cat,train\nb,dog,test\nsub/c,cat,test\n",
            "class 'dog' has no picture in the train split, only in test",
        ),
    ],
)
def test_mistakes_are_one_line_each(tmp_path, text, said):
    write(tmp_path, text, "a.png", "b.png", "c.png", "sub/c.png")
    with pytest.raises(SuiteError, match=said) as caught:
        data.listing_of(str(tmp_path))
    assert "\n" not in str(caught.value) and "labels.csv" in str(caught.value)


def test_several_tables_are_not_guessed_among(tmp_path):
    write(tmp_path, "file,label\na,cat\n", "a.png")
    (tmp_path / "others.csv").write_text("file,label\na,dog\n")
    assert data.listing_of(str(tmp_path)).class_names == ("cat",)
    (tmp_path / "labels.csv").rename(tmp_path / "mine.csv")
    with pytest.raises(SuiteError, match="several tables of labels: mine.csv, others.csv"):
        data.listing_of(str(tmp_path))


def test_rarest_class():
    targets = np.array([[1, 1, 0], [1, 0, 0], [0, 0, 0], [1, 0, 1], [0, 0, 1]], bool)
    assert label_table.rarest(targets).tolist() == [1, 0, -1, 2, 2]


def test_several_labels_reach_the_splits(tmp_path):
    rows = [f"{number},{'a|b' if number % 2 else 'a' if number % 4 else 'b'}" for number in range(40)]
    write(tmp_path, "\n".join(["file,label", *rows]), *(f"{number}.png" for number in range(40)))
    found = data.load(Data(source=str(tmp_path), resolution=(16, 24), test_fraction=0.25), 0, progress=False)
    assert found.contract.image_shape == (16, 24, 3)
    assert found.train.class_counts == tuple(found.train.targets.sum(axis=0))
    assert sum(found.train.class_counts) > len(found.train)
    assert found.train.one_hot([0]).tolist() == found.train.targets[:1].astype(float).tolist()
    contract = Contract(16, 24, 3, 16, 24, labels=("z", "b", "a"))
    opened = data.open_all(str(tmp_path), contract, progress=False)
    assert opened.targets[opened.keys.index("1.png")].tolist() == [False, True, True]
