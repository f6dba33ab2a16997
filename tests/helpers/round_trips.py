"""Results that stand for the documents which verbs print."""

import json

import pytest

from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.core.files import to_json


def check(kind, document):
    """Reads a verb's document as a result, and finds that it is the same document, and that what is missing is named.

    Returns:
        The result.
    """
    printed = json.loads(to_json(document))
    result = kind.from_document(printed)
    assert json.loads(result.to_json()) == printed
    assert kind.from_json(result.to_json()) == result
    first = next(iter(kind.__dataclass_fields__.keys() & printed.keys() - result.others.keys()))
    with pytest.raises(SuiteError, match=f"made-up.json: .*{first}"):
        kind.from_document({**printed, first: object()}, "made-up.json")
    return result
