from tfl_lite_suite.core import recipe
from tfl_lite_suite.core.recipe_wishes import Budget


def test_limits_are_those_that_are_set():
    assert Budget().limits == {}
    chosen = Budget(max_bytes=10, min_recall={"crack": 0.9, "dirt": 0.5}, files=("x",))
    assert chosen.limits == {"max_bytes": 10, "min_recall.crack": 0.9, "min_recall.dirt": 0.5}


def test_shares_by_name_survive_the_resolved_recipe(tmp_path):
    text = "name: x\ndata: {source: s}\nmodel: {name: micro}\nbudget: {min_recall: {crack: 0.95}}\n"
    (tmp_path / "r.yaml").write_text(text + "decide: {min_recall: {crack: 0.95}, max_false_alarms: 0.01}\n")
    settings = recipe.load(tmp_path / "r.yaml")
    assert settings.budget.min_recall == settings.decide.min_recall == {"crack": 0.95}
    (tmp_path / "again.yaml").write_text(recipe.dump(settings))
    assert recipe.load(tmp_path / "again.yaml") == settings
