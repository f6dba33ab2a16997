import numpy as np
from tool_modules import load

from tfl_lite_suite import data
from tfl_lite_suite.data import fashion_mnist

make = load("make_unbalanced")


def test_one_class_is_rare_and_two_are_unknown(tmp_path, monkeypatch):
    images = np.random.default_rng(0).integers(0, 256, (200, 28, 28, 1), np.uint8)
    made = data.Listing(
        source="fashion_mnist",
        class_names=fashion_mnist.CLASS_NAMES,
        keys=tuple(f"train/{i}" for i in range(100)) + tuple(f"test/{i}" for i in range(100)),
        labels=np.arange(200) % 10,
        parts=("train",) * 100 + ("test",) * 100,
        fingerprint="",
        read=lambda index: images[index],
    )
    monkeypatch.setattr(fashion_mnist, "listing", lambda: made)
    assert make.write(tmp_path, train=8, rare=2) == {"train": 58, "test": 80, "unknown": 20}
    found = data.listing_of(str(tmp_path))
    assert set(found.class_names) == set(fashion_mnist.CLASS_NAMES) - set(make.UNKNOWN)
    train = found.labels[found.part_indices("train")]
    assert sorted(np.bincount(train)) == [2, *[8] * 7]
    assert len(list((tmp_path / "unknown").iterdir())) == 20
