import pytest

from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.init.result import WrittenRecipe

DOCUMENT = {
    "recipe": "pets.yaml",
    "pictures": 12,
    "classes": 2,
    "imbalance": 1.0,
    "settings": {"model.name": "micro"},
    "reasons": ["few pictures"],
    "next": ["tfl-lite-suite run"],
}


def test_a_written_recipe_is_its_document():
    assert WrittenRecipe.from_document(DOCUMENT).document() == DOCUMENT
    with pytest.raises(SuiteError, match="x: reasons: expected a list"):
        WrittenRecipe.from_document({**DOCUMENT, "reasons": "few"}, "x")
