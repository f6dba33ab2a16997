"""The data layer: from `fashion_mnist`, a folder of pictures, a CSV or TFRecords to prepared, labelled, split pictures.

Nothing here imports TensorFlow, except `pipeline` and `augment`, which nothing else here imports.
"""

import dataclasses
import gzip
import os
import pathlib
from collections.abc import Sequence
from typing import Literal

import numpy as np

from tfl_lite_suite.core import recipe
from tfl_lite_suite.core.contract import Contract
from tfl_lite_suite.core.errors import SuiteError, unknown_name
from tfl_lite_suite.core.types import Array
from tfl_lite_suite.data import (
    arrays,
    fashion_mnist,
    findings,
    folder_walk,
    image_folder,
    label_table,
    prepared,
    splits,
    tfrecord,
)
from tfl_lite_suite.data.samples import PARTS, Dataset, Listing, Split, class_indices, contract_for, order_notes

__all__ = [
    "Dataset",
    "Listing",
    "Split",
    "can_test",
    "class_indices",
    "contract_for",
    "files_of",
    "findings",
    "fingerprint",
    "is_unlabelled",
    "listing_of",
    "load",
    "open_all",
    "open_unknown",
]


def load(
    recipe_data: recipe.Data,
    seed: int,
    cache_dir: str | os.PathLike[str] | None = None,
    progress: bool = True,
    contract: Contract | None = None,
) -> Dataset:
    """Opens the source of a recipe, prepares every picture and cuts the splits.

    Args:
        recipe_data: The recipe's `data` section.
        seed: Seed of the splits.
        cache_dir: Where to keep prepared pictures for the next run; see `prepared.prepare_all`.
        progress: Print progress on stderr.
        contract: How to prepare the pictures, in place of what the recipe says; its labels are the classes.

    Returns:
        The three splits, the contract, and notes for the user.

    Raises:
        SuiteError: If the source is missing or unusable, or a picture is unreadable and the recipe says `error`.
    """
    listing = listing_of(recipe_data.source)
    if len(listing.class_names) < 2:
        found = f"only one class, '{listing.class_names[0]}'" if listing.class_names else "no class"
        raise SuiteError(f"{listing.source}: {found}; a classifier needs two or more")
    contract = contract or contract_for(recipe_data, listing.class_names)
    pictures = prepared.prepare_all(listing, contract, cache_dir, recipe_data.on_corrupt, progress)
    usable = pictures.usable
    labels, groups = listing.labels[usable], [pictures.digests[row] for row in usable]
    keys, parts = [listing.keys[row] for row in usable], [listing.parts[row] for row in usable]
    fractions = (recipe_data.validation_fraction, recipe_data.test_fraction)
    if recipe_data.fold is not None:
        parts = splits.fold_parts(labels, groups, keys, *recipe_data.fold, seed)
    places = splits.cut(labels, parts, groups, keys, fractions, seed)
    notes = [*listing.notes, *pictures.notes, *_skipped(listing, pictures)]
    notes += splits.duplicate_notes(labels, places, groups, keys, listing.class_names)
    targets = None if listing.targets is None else listing.targets[usable]
    whole = Split(
        pictures.fetch, usable, labels, keys, len(listing.class_names), targets, recipe_data.balance == "sample"
    )
    train_counts = whole.subset(places["train"]).class_counts
    splits.check_classes(listing.source, train_counts, listing.class_names, "training")
    limits = {"train": recipe_data.train_limit, "test": recipe_data.test_limit}
    made = {}
    for part in PARTS:
        split = whole.subset(places[part])
        made[part] = split.subset(splits.limited(split.labels, split.keys, limits.get(part), seed))
        notes.append(_counts_note(part, made[part], listing.class_names))
    notes += findings.brightness_note(made["train"])
    unknown = None
    if recipe_data.unknown is not None:
        unknown = open_unknown(
            recipe_data.unknown, contract, listing, pictures.digests, recipe_data.on_corrupt, cache_dir, progress
        )
        notes.append(f"unknown: {len(unknown)} pictures of none of the classes")
    return Dataset(listing.class_names, contract, made["train"], made["validation"], made["test"], notes, unknown)


def open_unknown(
    folder: str,
    contract: Contract,
    known: Listing | None = None,
    known_digests: Sequence[str] = (),
    on_corrupt: Literal["error", "skip"] = "error",
    cache_dir: str | os.PathLike[str] | None = None,
    progress: bool = True,
    apart_from: Split | None = None,
) -> Split:
    """Opens pictures that are none of the classes.

    Args:
        folder: Holds them, in folders below it or not.
        contract: How to prepare them.
        known: The pictures of the classes.
        known_digests: From their `prepared.Prepared`.
        on_corrupt: Whether an unreadable picture stops the run or is left out.
        cache_dir: Where to keep prepared pictures for the next run.
        progress: Print progress on stderr.
        apart_from: In place of `known`, the pictures of the classes, prepared by the same contract.

    Returns:
        The pictures, with labels −1.

    Raises:
        SuiteError: If the folder is missing or empty, or a picture in it is one of the classes' too.
    """
    listing = image_folder.unlabelled(folder)
    pictures = prepared.prepare_all(listing, contract, cache_dir, on_corrupt, progress)
    usable = pictures.usable
    if not len(usable):
        raise SuiteError(f"data.unknown: not one readable picture in '{folder}'")
    if known is not None:
        splits.check_unknown(listing, pictures.digests, known, known_digests)
    keys = [listing.keys[row] for row in usable]
    opened = Split(pictures.fetch, usable, listing.labels[usable], keys, len(contract.labels))
    if apart_from is not None:
        splits.check_apart(apart_from, opened, folder)
    return opened


def open_all(
    source: str,
    contract: Contract,
    split: Literal["train", "validation", "test"] | None = None,
    on_corrupt: Literal["error", "skip"] = "error",
    limit: int | None = None,
    cache_dir: str | os.PathLike[str] | None = None,
    progress: bool = True,
) -> Split:
    """Opens pictures to evaluate or calibrate a model whose contract is known.

    Args:
        source: As a recipe's `data.source`.
        contract: The model's; labels are mapped to its labels.
        split: Which ready-made split; for evaluation (absent) `test`, else `validation`. A source without ready-made
            splits is taken whole.
        on_corrupt: Whether an unreadable picture stops the run or is left out.
        limit: Greatest number of pictures, every class in proportion; all if absent.
        cache_dir: Where to keep prepared pictures for the next run.
        progress: Print progress on stderr.

    Returns:
        The pictures, with labels as indices into `contract.labels`.

    Raises:
        SuiteError: If the source is missing, lacks the split, or its classes do not match the contract's labels.
    """
    listing = listing_of(source)
    mapping = class_indices(listing, contract.labels)
    listing = listing.subset(_evaluated(listing, split))
    listing = listing.subset(splits.limited(listing.labels, listing.keys, limit, 0))
    pictures = prepared.prepare_all(listing, contract, cache_dir, on_corrupt, progress)
    usable = pictures.usable
    if not len(usable):
        raise SuiteError(f"{source}: not one readable picture")
    keys, labels, targets = [listing.keys[row] for row in usable], listing.labels[usable], None
    if listing.targets is not None:
        targets = np.zeros((len(usable), len(contract.labels)), bool)
        targets[:, mapping] = listing.targets[usable]
    labels = np.where(labels < 0, labels, mapping[labels])
    opened = Split(pictures.fetch, usable, labels, keys, len(contract.labels), targets)
    notes = order_notes(listing, contract.labels)
    opened.notes = (*listing.notes, *notes, *_skipped(listing, pictures), *findings.brightness_note(opened))
    return opened


def is_unlabelled(source: str) -> bool:
    """Whether a source is a folder of pictures without classes: no subfolders, no labels in a CSV, no TFRecords."""
    path = pathlib.Path(source)
    if not path.is_dir() or tfrecord.is_source(path) or label_table.tables_in(path):
        return False
    return not any(entry.is_dir() and not entry.name.startswith(".") for entry in path.iterdir())


def fingerprint(source: str) -> str:
    """Returns what identifies a source's pictures, which may be without labels; errors are those of `listing_of`."""
    return (image_folder.unlabelled(source) if is_unlabelled(source) else listing_of(source)).fingerprint


def listing_of(source: str) -> Listing:
    """Finds out what a source is and lists its pictures, without decoding any.

    Raises:
        SuiteError: If there is no such source, nothing usable in it, or a class with a name that no label can have.
    """
    if arrays.is_source(source):
        return arrays.listing(source)
    found = _listing_of(source)
    names = tuple(folder_walk.checked_name(name, source) for name in found.class_names)
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise SuiteError(f"data.source: two classes of '{source}' have the name '{twice}', in two Unicode forms")
    return dataclasses.replace(found, class_names=names)


def _listing_of(source: str) -> Listing:
    if source == fashion_mnist.NAME:
        return fashion_mnist.listing()
    path = pathlib.Path(source)
    if not path.exists():
        if os.sep in source or "." in source:
            raise SuiteError(f"data.source: no such folder '{source}'")
        raise unknown_name(
            "data.source", source, [fashion_mnist.NAME, "a folder with one subfolder for each class"], "source"
        )
    if path.is_file() and path.suffix.lower() == ".csv":
        return label_table.listing(source, [path])
    if not path.is_dir():
        raise SuiteError(
            f"data.source: '{source}' is a file; expected a folder with one subfolder for each class, or a .csv file"
        )
    if tfrecord.is_source(path):
        return tfrecord.listing(path)
    tables = label_table.tables_in(path)
    if tables and (any(map(label_table.is_table, tables)) or not image_folder.has_classes(path)):
        return label_table.listing(source, label_table.chosen_tables(tables))
    return image_folder.listing(path)


def can_test(recipe_data: recipe.Data) -> bool:
    """Returns whether a recipe's source has test pictures, or some are held out."""
    return recipe_data.test_fraction > 0 or "test" in listing_of(recipe_data.source).parts


def files_of(source: str) -> dict[str, bytes]:
    """Reads a source's files as they are, for another machine.

    Args:
        source: As a recipe's `data.source`.

    Returns:
        Their contents, by their paths below the source's folder, `/` between folders.

    Raises:
        SuiteError: If there is no such source, or nothing usable in it.
    """
    if source == fashion_mnist.NAME:
        return {f"{name}.gz": gzip.compress(data, 1, mtime=0) for name, data in fashion_mnist.find().items()}
    root = pathlib.Path(listing_of(source).source)
    root = root.parent if root.is_file() else root
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def _evaluated(listing: Listing, split: str | None) -> Array:
    if split is not None and split not in PARTS:
        raise unknown_name("split", split, PARTS, "split")
    made = sorted({part for part in listing.parts if part})
    if not made:
        return np.arange(len(listing))
    for part in [split] if split else ["test", "validation"]:
        if part in made:
            return listing.part_indices(part)
    wanted = split or "test or validation"
    raise SuiteError(f"{listing.source}: it has no {wanted} split, only {', '.join(made)}; name a folder inside it")


def _skipped(listing: Listing, pictures: prepared.Prepared) -> list[str]:
    if not pictures.problems:
        return []
    first, names = pictures.problems[min(pictures.problems)], prepared.named(pictures.problems, listing)
    count = f"{len(pictures.problems)} of {len(listing)}"
    return [f"warning: {count} pictures left out as unreadable: {names}; the first: {first}"]


def _counts_note(part: str, split: Split, class_names: Sequence[str]) -> str:
    counts = ", ".join(f"{name} {count}" for name, count in zip(class_names, split.class_counts, strict=True))
    return f"{part}: {len(split)} pictures ({counts})"
