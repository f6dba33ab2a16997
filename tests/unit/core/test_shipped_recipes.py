import pytest
from places import ROOT

from tfl_lite_suite.core import shipped_recipes
from tfl_lite_suite.core.errors import SuiteError


def test_every_recipe_of_the_checkout_ships_and_says_what_it_is_for():
    assert set(shipped_recipes.names()) == {path.stem for path in (ROOT / "recipes").glob("*.yaml")}
    assert all(recipe.summary.endswith((".", ":")) for recipe in shipped_recipes.listing())


def test_a_name_is_found_and_a_file_comes_first(tmp_path, monkeypatch):
    assert shipped_recipes.find("quickstart_fashion_mnist").endswith("recipes/quickstart_fashion_mnist.yaml")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "quickstart_fashion_mnist").write_text("")
    assert shipped_recipes.find("quickstart_fashion_mnist") == "quickstart_fashion_mnist"
    assert shipped_recipes.find("missing.yaml") == "missing.yaml", "the reader says that there is no such file"


def test_an_unknown_name_gives_the_nearest():
    with pytest.raises(SuiteError, match="Did you mean 'quickstart_fashion_mnist'.*`recipe=mine.yaml`"):
        shipped_recipes.find("quickstart_fashion_mnis")
