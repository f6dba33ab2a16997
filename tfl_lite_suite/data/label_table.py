"""A CSV of labels with a folder of pictures, as Kaggle and labelling tools write it.

One line a picture: a column with its file (or id, without the suffix), and either a column with its label (several
separated by `|`) or one column of 0 and 1 a class; a column `split` if the pictures are divided already.
"""

import csv
import dataclasses
import hashlib
import os
import pathlib
from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from tfl_lite_suite.core.errors import SuiteError, unknown_name
from tfl_lite_suite.core.types import Array
from tfl_lite_suite.data.folder_walk import SUFFIXES, LeftOut, pictures
from tfl_lite_suite.data.image_folder import SPLIT_NAMES, read_picture
from tfl_lite_suite.data.samples import Listing

FILE_COLUMNS = (
    "file",
    "filename",
    "file_name",
    "filepath",
    "file_path",
    "path",
    "image",
    "image_id",
    "image_name",
    "image_path",
    "img",
    "id",
    "id_code",
)
LABEL_COLUMNS = (
    "label",
    "labels",
    "class",
    "classes",
    "class_name",
    "category",
    "target",
    "tag",
    "tags",
    "species",
    "breed",
    "diagnosis",
)
SPLIT_COLUMNS = ("split", "subset", "set", "partition", "usage")
BETWEEN_LABELS = "|"
_TRUTH = {"0": False, "1": True, "0.0": False, "1.0": True, "false": False, "true": True}
_DELIMITERS = ",;\t"


@dataclasses.dataclass(frozen=True)
class _Row:
    """A line of a table: where it stands, the picture as it is called there, its classes and split."""

    line: int
    file: str
    labels: tuple[str, ...]
    part: str


@dataclasses.dataclass(frozen=True)
class _Columns:
    """Places of a table's columns."""

    file: int
    label: int | None
    classes: tuple[int, ...]
    split: int | None


def tables_in(folder: pathlib.Path) -> list[pathlib.Path]:
    """Returns the CSV files in a folder, sorted by name."""
    return sorted(path for path in folder.iterdir() if path.suffix.lower() == ".csv" and not path.name.startswith("."))


def is_table(path: pathlib.Path) -> bool:
    """Whether a CSV has the columns of a table of labels."""
    try:
        header, rows = _read_csv(path)
        _columns(path, header, rows)
    except SuiteError:
        return False
    return True


def chosen_tables(tables: Sequence[pathlib.Path]) -> list[pathlib.Path]:
    """Returns the tables of labels of a folder: one, or one a split, such as `train.csv` and `test.csv`.

    Raises:
        SuiteError: If no file has the columns of a table of labels, or it is not clear which one is meant.
    """
    usable = [path for path in tables if is_table(path)]
    if not usable:
        header, rows = _read_csv(tables[0])
        _columns(tables[0], header, rows)
    named = [path for path in usable if path.stem.lower() in SPLIT_NAMES]
    if len(named) > 1:
        usable = named
    elif len(usable) > 1:
        own = [path for path in usable if path.stem.lower() in ("labels", "train")]
        usable = own if len(own) == 1 else usable
    if len(usable) > 1 and len(usable) != len(named):
        raise SuiteError(
            f"data.source: '{usable[0].parent}' has several tables of labels: {', '.join(p.name for p in usable)}. "
            "Name one: FOLDER/labels.csv"
        )
    return usable


def listing(source: str | os.PathLike[str], tables: Sequence[pathlib.Path]) -> Listing:
    """Lists the pictures that tables of labels name.

    Args:
        source: What the user called the source.
        tables: CSV files in one folder; with several, each is the split that it is named after.

    Returns:
        The pictures, sorted by relative path.

    Raises:
        SuiteError: If a column is missing, a picture is not there, or a line cannot be understood.
    """
    root = tables[0].parent
    files = _Files(root)
    found: dict[str, tuple[_Row, pathlib.Path]] = {}
    class_names: list[str] = []
    repeated = 0
    for table in tables:
        header, lines = _read_csv(table)
        columns = _columns(table, header, lines)
        own_part = SPLIT_NAMES.get(table.stem.lower(), "") if len(tables) > 1 else ""
        rows = _rows(table, header, lines, columns, own_part)
        for row, key in zip(rows, files.find(table, rows), strict=True):
            if key in found and (found[key][0].labels, found[key][0].part) != (row.labels, row.part):
                raise SuiteError(
                    f"{table}: line {row.line}: '{row.file}' stands in line {found[key][0].line} of "
                    f"{found[key][1].name} already, with another label or split. One line a picture; several labels "
                    f"are separated by {BETWEEN_LABELS}"
                )
            repeated += key in found
            found[key] = (row, table)
        class_names += [header[place] for place in columns.classes]
    notes = [f"{repeated} lines are repeated and count once"] if repeated else []
    left_out = len(files) - len(found)
    if left_out:
        notes.append(f"{left_out} pictures have no line in {' or '.join(t.name for t in tables)} and were left out")
    return _listing(os.fspath(source), tables, files, found, _class_names(class_names, found), notes)


def _listing(
    source: str,
    tables: Sequence[pathlib.Path],
    files: "_Files",
    found: dict[str, tuple[_Row, pathlib.Path]],
    class_names: tuple[str, ...],
    notes: list[str],
) -> Listing:
    keys = tuple(sorted(found))
    place = {name: index for index, name in enumerate(class_names)}
    targets = np.zeros((len(keys), len(class_names)), bool)
    for index, key in enumerate(keys):
        targets[index, [place[label] for label in found[key][0].labels]] = True
    parts = tuple(found[key][0].part for key in keys)
    _check_parts(tables[0], targets, parts, class_names)
    single = bool((targets.sum(axis=1) == 1).all())
    content = hashlib.sha256()
    for table in tables:
        content.update(table.read_bytes())
    content.update(repr([(key, files.stamps[key]) for key in keys]).encode("utf-8", "surrogateescape"))
    root = files.root
    return Listing(
        source=source,
        class_names=class_names,
        keys=keys,
        labels=rarest(targets),
        parts=parts,
        fingerprint=f"{root.resolve()} {content.hexdigest()}",
        read=lambda index: read_picture(root / keys[index]),
        notes=tuple(notes),
        targets=None if single else targets,
    )


def rarest(targets: Array) -> Array:
    """Returns the class of each picture that the fewest pictures show, −1 for none: int64 `(n,)`."""
    counts = np.where(targets, targets.sum(axis=0), np.iinfo(np.int64).max)
    return np.where(targets.any(axis=1), counts.argmin(axis=1), -1).astype(np.int64)


class _Files:
    """The pictures below a folder, found by what tables call them."""

    def __init__(self, root: pathlib.Path) -> None:
        self.root = root
        below = pictures(root, root, LeftOut())
        self.stamps = {os.path.relpath(path, root).replace(os.sep, "/"): stamp for path, stamp in below}
        self._by_name: dict[str, list[str]] = defaultdict(list)
        for key in self.stamps:
            name = key.rpartition("/")[2]
            for called in {name, name.rpartition(".")[0]}:
                self._by_name[called].append(key)

    def __len__(self) -> int:
        return len(self.stamps)

    def find(self, table: pathlib.Path, rows: Sequence[_Row]) -> list[str]:
        """Returns the path of each row's picture, relative to the folder."""
        found = [self._one(table, row) for row in rows]
        missing = [row for row, key in zip(rows, found, strict=True) if key is None]
        if missing:
            more = f", and {len(missing) - 1} more lines" if len(missing) > 1 else ""
            raise SuiteError(
                f"{table}: line {missing[0].line}: no picture '{missing[0].file}' in '{self.root}' or below{more}. "
                f"Put it there, or remove the line (looked for {', '.join(SUFFIXES)} too)"
            )
        return [key for key in found if key is not None]

    def _one(self, table: pathlib.Path, row: _Row) -> str | None:
        called = row.file.replace("\\", "/").removeprefix("./")
        if called in self.stamps:
            return called
        candidates = [
            key for key in self._by_name.get(called.rpartition("/")[2], ()) if _ends_with(key, called.strip("/"))
        ]
        if len(candidates) > 1:
            # The same number in two folders: the one named as the table or the split is meant.
            named = {table.stem.lower(), row.part} - {""}
            inside = [key for key in candidates if named & _folders(key)]
            candidates = inside or candidates
        if len(candidates) > 1:
            raise SuiteError(
                f"{table}: line {row.line}: '{row.file}' may be '{candidates[0]}' or '{candidates[1]}'. Write the "
                "path from the CSV's folder"
            )
        return candidates[0] if candidates else None


def _folders(key: str) -> set[str]:
    names = {name.lower() for name in key.split("/")[:-1]}
    return names | {SPLIT_NAMES[name] for name in names if name in SPLIT_NAMES}


def _ends_with(key: str, called: str) -> bool:
    whole = f"/{key}"
    return whole.endswith(f"/{called}") or whole.rpartition(".")[0].endswith(f"/{called}")


def _read_csv(path: pathlib.Path) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """Returns the header, and each line's number and cells."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise SuiteError(f"{path}: the CSV is not UTF-8 text. Save it as CSV UTF-8") from None
    except OSError as error:
        raise SuiteError(f"{path}: cannot read the CSV: {error.strerror or error}") from None
    first = text.partition("\n")[0]
    delimiter = max(_DELIMITERS, key=first.count)
    try:
        reader = csv.reader(text.splitlines(), delimiter=delimiter, strict=True)
        lines = [(reader.line_num, [cell.strip() for cell in cells]) for cells in reader if any(map(str.strip, cells))]
    except csv.Error as error:
        raise SuiteError(f"{path}: not a CSV: {error}") from None
    if not lines:
        raise SuiteError(f"{path}: the CSV is empty; expected columns such as file,label")
    header, rows = lines[0][1], lines[1:]
    if not rows:
        raise SuiteError(f"{path}: the CSV has a header and no lines")
    short = next(((number, cells) for number, cells in rows if len(cells) != len(header)), None)
    if short:
        raise SuiteError(f"{path}: line {short[0]}: {len(short[1])} cells, but the header has {len(header)}")
    return header, rows


def _columns(path: pathlib.Path, header: list[str], rows: list[tuple[int, list[str]]]) -> _Columns:
    """Finds the columns of a table of labels.

    Raises:
        SuiteError: If it lacks one.
    """
    names = [name.lower().replace(" ", "_").replace("-", "_") for name in header]
    repeated = next((name for name in header if header.count(name) > 1), None)
    if repeated is not None:
        raise SuiteError(f"{path}: two columns are called '{repeated}'")
    file, label, split = (_first(names, known) for known in (FILE_COLUMNS, LABEL_COLUMNS, SPLIT_COLUMNS))
    there = f"It has: {', '.join(header)}"
    if file is None:
        raise SuiteError(f"{path}: no column with the pictures' files; call it 'file' (or image, id, …). {there}")
    if label is not None:
        return _Columns(file, label, (), split)
    others = [place for place in range(len(header)) if place not in (file, split)]
    classes = tuple(place for place in others if all(cells[place].lower() in _TRUTH for _, cells in rows))
    if len(classes) == len(others) and len(classes) > 1:
        return _Columns(file, None, classes, split)
    if len(classes) > 1:
        place = next(place for place in others if place not in classes)
        line, cells = next((line, cells) for line, cells in rows if cells[place].lower() not in _TRUTH)
        raise SuiteError(
            f"{path}: column '{header[place]}' is no class: line {line} has '{cells[place]}', expected 0 or 1. Remove "
            "the column, or call the one with the labels 'label'"
        )
    raise SuiteError(f"{path}: no column with labels; call it 'label', or give one column of 0 and 1 a class. {there}")


def _first(names: list[str], known: Sequence[str]) -> int | None:
    return next((names.index(name) for name in known if name in names), None)


def _rows(
    path: pathlib.Path, header: list[str], lines: list[tuple[int, list[str]]], columns: _Columns, own_part: str
) -> list[_Row]:
    several = columns.label is not None and any(BETWEEN_LABELS in cells[columns.label] for _, cells in lines)
    rows = []
    for line, cells in lines:
        if columns.label is None:
            labels = tuple(header[place] for place in columns.classes if _TRUTH[cells[place].lower()])
        else:
            parts = [part.strip() for part in cells[columns.label].split(BETWEEN_LABELS)]
            labels = tuple(dict.fromkeys(part for part in parts if part))
            if not labels and not several:
                raise SuiteError(f"{path}: line {line}: the label of '{cells[columns.file]}' is empty")
        if not cells[columns.file]:
            raise SuiteError(f"{path}: line {line}: the column '{header[columns.file]}' is empty")
        part = own_part if columns.split is None else _part(path, line, cells[columns.split])
        rows.append(_Row(line, cells[columns.file], labels, part))
    return rows


def _part(path: pathlib.Path, line: int, value: str) -> str:
    if value.lower() not in SPLIT_NAMES:
        raise unknown_name(f"{path}: line {line}: split", value, SPLIT_NAMES, "split")
    return SPLIT_NAMES[value.lower()]


def _class_names(columns: list[str], found: dict[str, tuple[_Row, pathlib.Path]]) -> tuple[str, ...]:
    """The classes: as the columns stand, or the labels sorted; without those that no picture shows."""
    used = {label for row, _ in found.values() for label in row.labels}
    if columns:
        return tuple(dict.fromkeys(name for name in columns if name in used))
    return tuple(sorted(used))


def _check_parts(table: pathlib.Path, targets: Array, parts: tuple[str, ...], class_names: tuple[str, ...]) -> None:
    """Refuses ready-made splits of which just one has a class."""
    made = [part for part in ("train", "validation", "test") if part in parts]
    if len(made) < 2:
        return
    for index, name in enumerate(class_names):
        own = [part for part in made if targets[np.asarray(parts) == part, index].any()]
        if len(own) == 1 or "train" in made and "train" not in own:
            lacking = " or ".join(part for part in made if part not in own)
            raise SuiteError(
                f"{table}: class '{name}' has no picture in the {lacking} split, only in {' and '.join(own)}. Move "
                "some there, or remove the class"
            )
