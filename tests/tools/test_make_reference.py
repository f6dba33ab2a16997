import dataclasses
import sys

from places import ROOT

sys.path.insert(0, str(ROOT / "tools"))

import make_reference  # noqa: E402

from tfl_lite_suite.core import recipe  # noqa: E402


def test_the_pages_are_what_the_code_says():
    for name, page in make_reference.PAGES.items():
        shown = (make_reference.FOLDER / name).read_text(encoding="utf-8")
        assert shown == page(), f"docs/reference/{name}: run python tools/make_reference.py"


def test_every_key_of_a_recipe_is_explained():
    for path, kind in make_reference._dataclasses(recipe.Recipe):
        _, documented = make_reference._parsed(kind)
        assert set(documented) == {field.name for field in dataclasses.fields(kind)}, path


def test_choices_of_a_flag_are_in_words():
    text = make_reference._meaning("<a|b|c_d>: Which; see --data.")
    assert text == "`a`, `b` or `c_d`. Which; see `--data`."


def test_every_verb_has_an_example():
    page = (make_reference.FOLDER / "commands.md").read_text(encoding="utf-8")
    for part in page.split("\n## ")[1:]:
        assert "```bash\npython -m tfl_lite_suite." in part, part.partition("\n")[0]
