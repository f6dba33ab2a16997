"""Findings about a set, worded: what was seen, what it means, what to do."""

from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from tfl_lite_suite.core.types import Array
from tfl_lite_suite.data import balance
from tfl_lite_suite.data.health import outliers
from tfl_lite_suite.data.health.duplicates import grouped
from tfl_lite_suite.data.health.labels import Suspects
from tfl_lite_suite.data.health.looked import Looked
from tfl_lite_suite.data.health.problem import Problem, pictures
from tfl_lite_suite.data.samples import Listing

# A class with fewer pictures can hardly be learned, or measured.
FEW = 20
_MASK_CLASS = 0.5


def all_of(listing: Listing, looked: Looked, pairs: list[tuple[int, int]], suspects: Suspects) -> list[Problem]:
    """Returns every finding.

    Args:
        listing: The set.
        looked: What was seen of its pictures.
        pairs: Near copies, by place.
        suspects: Pictures that look mislabelled.
    """
    return [
        *_unreadable(listing, looked),
        *_classes(listing),
        *_copies(listing, _exact_groups(looked), "exact"),
        *_copies(listing, grouped(pairs), "near"),
        *_mislabelled(listing, suspects),
        *_masks(listing, outliers.masks(looked)),
        *_outliers(listing, looked),
    ]


def overlap(listing: Listing, unknown: Listing, shared: list[tuple[int, int]]) -> list[Problem]:
    """Words pairs of a picture of the classes and an unknown one that are the same, or nearly."""
    if not shared:
        return []
    groups = tuple((listing.keys[one], f"{unknown.source}/{unknown.keys[other]}") for one, other in shared)
    message = f"{pictures(len(groups))} of the classes stand among the unknown ones too, such as '{groups[0][1]}'"
    files = tuple(key for key, _ in groups)
    return [Problem("unknown_overlap", "error", files, message, "Remove one of the two", groups)]


def _keys(listing: Listing, places: Sequence[int] | Array) -> tuple[str, ...]:
    return tuple(listing.keys[int(place)] for place in places)


def _class_of(listing: Listing, place: int) -> str:
    label = int(listing.labels[place])
    return listing.class_names[label] if label >= 0 else "no class"


def _unreadable(listing: Listing, looked: Looked) -> list[Problem]:
    if not looked.problems:
        return []
    places = sorted(looked.problems)
    message = f"{pictures(len(places))} cannot be read; first: {looked.problems[places[0]]}"
    fix = "Remove them or put good files in their place; train --set=data.on_corrupt=skip leaves them out"
    return [Problem("unreadable", "error", _keys(listing, places), message, fix)]


def _classes(listing: Listing) -> list[Problem]:
    targets = listing.targets
    if targets is None:
        targets = listing.labels[:, None] == np.arange(len(listing.class_names))
    counts = targets.sum(axis=0)
    found = []
    if len(counts) > 1 and (ratio := balance.imbalance(counts.tolist())) >= balance.UNBALANCED:
        most, least = (listing.class_names[int(place)] for place in (counts.argmax(), counts.argmin()))
        message = (
            f"'{most}' has {counts.max():,} pictures and '{least}' {counts.min():,}, {ratio:.0f} times fewer: a "
            "network learns to answer the common classes, and top-1 hides it"
        )
        fix = "train --set=train.loss=auto --set=train.select=auto, and judge by recall and macro F1; or collect more"
        found.append(Problem("imbalance", "warning", (), message, fix))
    few = [(name, int(count)) for name, count in zip(listing.class_names, counts, strict=True) if count < FEW]
    if few:
        listed = ", ".join(f"'{name}' {count}" for name, count in few[:6]) + (", …" if len(few) > 6 else "")
        message = f"{len(few)} classes have fewer than {FEW} pictures ({listed}): their figures will be guesses"
        fix = "Collect more, or run --folds=5, which measures every picture once"
        found.append(Problem("few_pictures", "warning", (), message, fix))
    if len(counts) < 2:
        message = "the set has one class only; a classifier needs two or more"
        found.append(Problem("one_class", "error", (), message, "Add a folder or a label for each other class"))
    return found


def _exact_groups(looked: Looked) -> list[list[int]]:
    members: dict[str, list[int]] = defaultdict(list)
    for place in looked.readable:
        members[looked.digests[place]].append(int(place))
    return [group for group in members.values() if len(group) > 1]


def _copies(listing: Listing, groups: list[list[int]], kind: str) -> list[Problem]:
    """Words copies, those across splits and those across classes each apart: they mean different things."""
    how = "the same file twice" if kind == "exact" else "nearly the same picture"
    cases: dict[str, list[list[int]]] = {"across_splits": [], "across_classes": [], "": []}
    for group in groups:
        parts = {listing.parts[place] for place in group} - {""}
        names = {_class_of(listing, place) for place in group}
        cases["across_splits"] += [group] if len(parts) > 1 else []
        cases["across_classes"] += [group] if len(names) > 1 else []
        cases[""] += [group] if len(parts) <= 1 and len(names) == 1 else []
    meaning = {
        "across_splits": (
            "error",
            "in two splits: the network is tested on what it was trained on, and figures come out too good",
            "Keep each group in one split",
        ),
        "across_classes": (
            "error",
            "in two classes: one label is wrong, or the picture shows both",
            "Keep the right one; if both are right, give several labels a picture",
        ),
        "": (
            "warning" if kind == "near" else "info",
            "in one class: it counts more than once, and a random split may put its copies on both sides",
            "Keep one of each group, or give a column split that keeps a group together",
        ),
    }
    found = []
    for case, own in cases.items():
        if own:
            severity, what, fix = meaning[case]
            files = _keys(listing, [place for group in own for place in group])
            message = f"{len(own)} times {how} {what}"
            code = f"{kind}_duplicate" + (f"_{case}" if case else "")
            found.append(Problem(code, severity, files, message, fix, tuple(_keys(listing, group) for group in own)))
    return found


def _mislabelled(listing: Listing, suspects: Suspects) -> list[Problem]:
    if not len(suspects.places):
        return []
    place, likely = int(suspects.places[0]), listing.class_names[int(suspects.likely[0])]
    message = (
        f"{pictures(len(suspects.places))} look more like another class; the clearest is '{listing.keys[place]}', "
        f"labelled {_class_of(listing, place)}, which looks like {likely}. Some of these labels are right"
    )
    fix = "Look at each, the clearest first; move it to the right class or remove it"
    files = _keys(listing, suspects.places)
    hints = tuple((key, listing.class_names[int(label)]) for key, label in zip(files, suspects.likely, strict=True))
    return [Problem("mislabelled", "warning", files, message, fix, hints)]


def _masks(listing: Listing, places: Array) -> list[Problem]:
    found, rest = [], places
    labels = listing.labels
    for label in np.unique(labels[places]):
        own = places[labels[places] == label]
        if label >= 0 and len(own) >= _MASK_CLASS * (labels == label).sum():
            name = listing.class_names[label]
            message = (
                f"class '{name}' holds masks, {len(own)} of {int((labels == label).sum())} pictures in a few flat "
                "colours: a folder of a segmentation, not a class"
            )
            found.append(Problem("mask_class", "error", _keys(listing, own), message, "Move the folder away"))
            rest = np.setdiff1d(rest, own)
    if len(rest):
        message = f"{pictures(len(rest))} of a few flat colours, such as masks or drawings, among photographs"
        found.append(Problem("mask", "warning", _keys(listing, rest), message, "Remove those that are no photographs"))
    return found


def _outliers(listing: Listing, looked: Looked) -> list[Problem]:
    remove = "Look at them; remove those that a device would never see"
    cases = (
        ("blank", "warning", outliers.blank(looked), "of one colour: nothing can be learned from them", remove),
        (
            "dim",
            "warning",
            outliers.dim(looked),
            f"dark: no pixel is above {outliers.DIM - 1} of 255. 12 bits in files of 16, or normalised once already?",
            "Save them with the full range, or set data.contrast: stretch",
        ),
        (
            "tiny",
            "warning",
            outliers.tiny(looked),
            "far smaller than the others: enlarged, they look unlike what a camera gives",
            "Take them from their source in full size, or remove them",
        ),
        ("blurred", "warning", outliers.blurred(looked), "far less sharp than the others", remove),
        (
            "sideways",
            "warning",
            outliers.sideways(looked),
            "across where nearly all others stand, or the other way round: perhaps not turned upright",
            "Turn them upright",
        ),
        (
            "exif_rotation",
            "info",
            np.flatnonzero(looked.turned),
            "turned by their EXIF data; the suite turns them, but what shows them otherwise does not",
            "Nothing for the suite; turn the pixels themselves if other programs read them",
        ),
        (
            "colour",
            "info",
            outliers.colours(looked),
            "grey among coloured ones, or coloured among grey: a network may learn that in place of the class",
            "Check that every class has both, or take data.color: grey",
        ),
    )
    return [
        Problem(
            code,
            severity,
            _keys(listing, places),
            f"{pictures(len(places))} {'is' if len(places) == 1 else 'are'} {what}",
            fix,
        )
        for code, severity, places, what, fix in cases
        if len(places)
    ]
