import dataclasses
import json
import math
from collections.abc import Mapping
from typing import Literal

import pytest

from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.core.result import Result, omitted


@dataclasses.dataclass(frozen=True)
class Inner(Result):
    name: str
    shares: tuple[float, ...]


@dataclasses.dataclass(frozen=True)
class Outer(Result):
    n: int
    top1: float
    kind: Literal["a", "b"]
    parts: tuple[Inner, ...]
    best: Inner | None
    sizes: Mapping[str, int]
    note: str | None = omitted()


DOCUMENT = {
    "n": 2,
    "top1": 1,
    "kind": "a",
    "parts": [{"name": "x", "shares": [0.5, 1]}],
    "best": None,
    "sizes": {"train": 3},
}


def test_a_document_comes_back_with_what_is_no_field():
    result = Outer.from_document({**DOCUMENT, "later": [1, {"x": None}]})
    assert result.parts[0].shares == (0.5, 1) and result.others == {"later": [1, {"x": None}]}
    assert result.document() == {**DOCUMENT, "later": [1, {"x": None}]}
    assert Outer.from_json(result.to_json()) == result
    assert result.note is None and Outer.from_document({**DOCUMENT, "note": "!"}).document()["note"] == "!"


def test_a_null_in_place_of_an_omitted_field_stays():
    document = {**DOCUMENT, "note": None}
    assert Outer.from_document(document).document() == document
    assert Outer.from_document(DOCUMENT).with_null("note").document() == document


def test_what_has_no_type_is_as_json_has_it():
    result = Outer.from_document({**DOCUMENT, "later": {"mean": (1.0, 2.0)}})
    assert result.others == {"later": {"mean": [1.0, 2.0]}} and Outer.from_json(result.to_json()) == result


def test_nan_becomes_null_and_comes_back():
    result = dataclasses.replace(Outer.from_document(DOCUMENT), top1=math.nan)
    assert json.loads(result.to_json())["top1"] is None
    assert math.isnan(Outer.from_json(result.to_json()).top1)


@pytest.mark.parametrize(
    "change, said",
    [
        ({"n": "2"}, "x.json: n: expected int. Received: '2'"),
        ({"n": True}, "x.json: n: expected int. Received: True"),
        ({"kind": "c"}, "x.json: kind: expected 'a' or 'b'. Received: 'c'"),
        ({"parts": [{"name": "x"}]}, r"x.json: parts\[0\]: 'shares' is missing"),
        ({"parts": {}}, "x.json: parts: expected a list. Received: {}"),
        ({"sizes": {"train": 0.5}}, "x.json: sizes.train: expected int"),
        ({"best": 3}, "x.json: best: expected a JSON object. Received: 3"),
    ],
)
def test_what_is_damaged_is_named(tmp_path, change, said):
    (tmp_path / "x.json").write_text(json.dumps({**DOCUMENT, **change}))
    with pytest.raises(SuiteError, match=said):
        Outer.read(tmp_path / "x.json")


def test_what_is_missing_is_named(tmp_path):
    with pytest.raises(SuiteError, match="Outer: 'n' is missing"):
        Outer.from_document({key: value for key, value in DOCUMENT.items() if key != "n"})
    with pytest.raises(SuiteError, match="x.json: cannot be read"):
        Outer.read(tmp_path / "x.json")
    with pytest.raises(SuiteError, match="Outer: not JSON"):
        Outer.from_json("{")
