import numpy as np
from pictures import fashion_listing
from tool_modules import load

from tfl_lite_suite import data
from tfl_lite_suite.data import fashion_mnist

make = load("make_unbalanced")


def test_one_class_is_rare_and_two_are_unknown(tmp_path, monkeypatch):
    made = fashion_listing(train=100, test=100)
    monkeypatch.setattr(fashion_mnist, "listing", lambda: made)
    assert make.write(tmp_path, train=8, rare=2) == {"train": 58, "test": 80, "unknown": 20}
    found = data.listing_of(str(tmp_path))
    assert set(found.class_names) == set(fashion_mnist.CLASS_NAMES) - set(make.UNKNOWN)
    train = found.labels[found.part_indices("train")]
    assert sorted(np.bincount(train)) == [2, *[8] * 7]
    assert len(list((tmp_path / "unknown").iterdir())) == 20
