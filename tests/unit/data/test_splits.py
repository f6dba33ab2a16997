import numpy as np
import pytest

from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.data import splits
from tfl_lite_suite.data.samples import Split

LABELS = np.array([0] * 40 + [1] * 20 + [2] * 10)
KEYS = [f"{label}/{place:03d}" for place, label in enumerate(LABELS)]
GROUPS = [f"content {key}" for key in KEYS]


def test_stratified_holds_out_the_same_share_of_every_class():
    kept, held = splits.stratified(LABELS, GROUPS, KEYS, 0.2, 0)
    assert np.bincount(LABELS[held]).tolist() == [8, 4, 2]
    assert sorted([*kept, *held]) == list(range(len(LABELS)))


def test_stratified_depends_on_the_seed_and_not_on_the_order():
    held = {KEYS[i] for i in splits.stratified(LABELS, GROUPS, KEYS, 0.2, 0)[1]}
    order = np.random.default_rng(9).permutation(len(LABELS))
    shuffled = [KEYS[i] for i in order]
    again = splits.stratified(LABELS[order], [GROUPS[i] for i in order], shuffled, 0.2, 0)[1]
    assert {shuffled[i] for i in again} == held
    assert {KEYS[i] for i in splits.stratified(LABELS, GROUPS, KEYS, 0.2, 1)[1]} != held


def test_stratified_holds_out_one_and_keeps_one_of_small_classes():
    labels = np.array([0, 0, 1])
    kept, held = splits.stratified(labels, ["a", "b", "c"], ["a", "b", "c"], 0.01, 0)
    assert np.bincount(labels[held], minlength=2).tolist() == [1, 0]
    kept, held = splits.stratified(labels, ["a", "b", "c"], ["a", "b", "c"], 0.99, 0)
    assert np.bincount(labels[kept], minlength=2).tolist() == [1, 1]


def test_stratified_of_nothing():
    kept, held = splits.stratified(LABELS, GROUPS, KEYS, 0, 0)
    assert len(kept) == len(LABELS) and len(held) == 0 and held.dtype == np.int64


@pytest.mark.parametrize("seed", range(5))
def test_copies_stay_together(seed):
    groups = [f"content {i // 3}" for i in range(len(LABELS))]
    kept, held = splits.stratified(LABELS, groups, KEYS, 0.3, seed)
    assert not {groups[i] for i in kept} & {groups[i] for i in held}
    assert len(held) > 15


def test_cut_makes_disjoint_whole_splits():
    places = splits.cut(LABELS, [""] * len(LABELS), GROUPS, KEYS, (0.1, 0.2), 3)
    assert [len(places[part]) for part in ("train", "validation", "test")] == [50, 6, 14]
    assert sorted(np.concatenate(list(places.values()))) == list(range(len(LABELS)))


def test_cut_keeps_ready_made_splits():
    parts = ["test" if i % 7 == 0 else "train" for i in range(len(LABELS))]
    places = splits.cut(LABELS, parts, GROUPS, KEYS, (0.1, 0.5), 3)
    assert places["test"].tolist() == list(range(0, len(LABELS), 7))
    assert 0 < len(places["validation"]) < 10


def test_limited_takes_classes_in_proportion():
    chosen = splits.limited(LABELS, KEYS, 14, 0)
    assert np.bincount(LABELS[chosen]).tolist() == [8, 4, 2]
    assert splits.limited(LABELS, KEYS, None, 0).tolist() == list(range(len(LABELS)))
    assert len(splits.limited(LABELS, KEYS, 1000, 0)) == len(LABELS)
    assert splits.limited(LABELS, KEYS, 14, 1).tolist() != chosen.tolist()


def test_the_same_picture_in_two_splits_or_classes_is_reported():
    labels = np.array([0, 0, 1, 1])
    places = {"train": np.array([0, 2]), "test": np.array([1, 3])}
    notes = splits.duplicate_notes(labels, places, ["x", "x", "y", "z"], ["a", "b", "c", "d"], ["cat", "dog"])
    assert notes == [
        "1 pictures are exact copies of another",
        "warning: the same picture in two splits, 1 times; for example a (train, cat), b (test, cat)",
    ]
    notes = splits.duplicate_notes(labels, places, ["x", "y", "x", "z"], ["a", "b", "c", "d"], ["cat", "dog"])
    assert notes[1:] == [
        "warning: the same picture in two classes, 1 times; for example a (train, cat), c (train, dog)"
    ]
    assert not splits.duplicate_notes(labels, places, list("wxyz"), list("abcd"), ["cat", "dog"])


def test_an_absent_class_is_named():
    with pytest.raises(SuiteError, match="source: no picture of class 'dog' in the training split"):
        splits.check_classes("source", [2, 0], ["cat", "dog"], "training")


def test_folds_are_equal_parts_of_every_class():
    labels, groups = np.repeat([0, 1], [50, 10]), [str(place // 2) for place in range(60)]
    folds = [splits.fold_parts(labels, groups, [f"{i:02d}" for i in range(60)], number, 5, 0) for number in range(5)]
    tests = [[place for place in range(60) if parts[place] == "test"] for parts in folds]
    assert sorted(sum(tests, [])) == list(range(60))
    for places in tests:
        assert np.bincount(labels[places]).tolist() == [10, 2]
        assert all(place ^ 1 in places for place in places)


def test_unknown_pictures_that_a_class_has_too_are_refused():
    pictures = np.random.default_rng(0).integers(0, 256, (6, 4, 4, 3), np.uint8)
    known = Split(pictures.__getitem__, np.arange(4), np.zeros(4, np.int64), list("abcd"), 2)
    splits.check_apart(known, Split(pictures.__getitem__, np.array([4, 5]), np.full(2, -1), ["x", "y"], 2), "belt")
    both = Split(pictures.__getitem__, np.array([5, 2]), np.full(2, -1), ["x", "y"], 2)
    with pytest.raises(SuiteError, match="unknown: 1 picture is in 'belt' and among the classes"):
        splits.check_apart(known, both, "belt")
