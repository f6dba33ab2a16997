import pytest

from tfl_lite_suite.core import recipe
from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.core.recipe_data import Data


def test_sizes_square_or_not():
    assert Data("x", 96).size == (96, 96) and Data("x", (96, 160)).size == (96, 160)


@pytest.mark.parametrize("fold", [(5, 5), (-1, 5), (0, 0)])
def test_folds_out_of_range(fold):
    with pytest.raises(SuiteError, match="data.fold: expected .number, of."):
        Data("x", fold=fold)


def test_both_are_read_from_a_recipe(tmp_path):
    path = tmp_path / "r.yaml"
    path.write_text("name: n\ndata: {source: x, resolution: [96, 160], fold: [1, 5]}\nmodel: {name: micro}\n")
    found = recipe.load(path)
    assert found.data.size == (96, 160) and found.data.fold == (1, 5)
    path.write_text(recipe.dump(found))
    assert recipe.load(path) == found
