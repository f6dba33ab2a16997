import dataclasses
import re

import pytest

from tfl_lite_suite.advise import presentation
from tfl_lite_suite.advise.candidates import Candidate
from tfl_lite_suite.advise.result import Advice, Figure
from tfl_lite_suite.core import recipe
from tfl_lite_suite.core.errors import LimitBroken
from tfl_lite_suite.summary.costs import Size

FIGURES = {"top1": Figure(0.72, "published", "<paper>"), "ms": Figure(4.0, "predicted", "a model")}


def document(**more):
    described = presentation.describe(Candidate(Size("mobilenet_v2", 1.0, 224), "int8", "int8", FIGURES))
    choice = dataclasses.replace(described, score=0.5).document()
    found = {"choices": [choice], "rejected": [{"model": "m", "why": "max_ms"}], "unmeasured": [], "relax": []}
    found |= {"limits": {"max_ms": 5.0, "max_bytes": 4e6, "min_top1": 0.7}, "data": "imagenet", "notes": ["<note>"]}
    found |= {"device": {"name": "pi", "latency_error": {"litert int8": 0.08, "x int8": None}}}
    return Advice.from_document({"priority": {"accuracy": 1.0}, "classes": 1000, **found, **more})


def test_a_candidate_says_what_is_known_and_what_is_not():
    found = presentation.describe(Candidate(Size("mobilenet_v2", 1.0, 224), "int8", "int8", {}, notes=("a note",)))
    assert found.why == "accuracy at this width and resolution was never measured or published; a note"
    known = document().choices[0]
    assert known.why == "top-1 72.0 % (published), latency 4 ms (predicted)"
    assert known.document()["evidence"]["top1"] == {"value": 0.72, "basis": "published", "source": "<paper>"}


def test_text():
    text = presentation.show(document())
    assert re.search(r"1  mobilenet_v2 1 at 224 px, int8 +72.0 %ᵖ +4 ms\* +0.50", text)
    assert "ᵖ published, * predicted; the other figures were measured" in text
    assert "litert int8: 8 % off on networks" in text and "x int8: error unknown" in text


def test_text_fits_a_screen():
    rejected = [{"model": f"m{n}", "why": "max_ms"} for n in range(500)]
    choices = document().document()["choices"] * 50
    unmeasured = [{**choice, "model": f"m{number}"} for number, choice in enumerate(choices)]
    text = presentation.show(document(rejected=rejected, choices=choices, unmeasured=unmeasured))
    assert len(text.splitlines()) <= 24 and max(map(len, text.splitlines())) <= 120


def test_text_where_nothing_fits():
    relax = [{"limit": "max_bytes", "allowed": 1000, "needed": 1461688, "by": 1460688, "model": "m"}]
    text = presentation.show(document(choices=[], relax=relax))
    assert "--max_bytes=1461688 in place of 1000 would admit m" in text
    assert "relax two or more" in presentation.show(document(choices=[]))


@pytest.mark.parametrize(
    ("limit", "needed", "text"),
    [("max_ms", 5.12345, "5.13"), ("min_top1", 0.70561, "0.705"), ("max_bytes", 1461688.0, "1470000")],
)
def test_a_relaxed_limit_is_rounded_to_the_side_that_admits(limit, needed, text):
    relax = [{"limit": limit, "allowed": 1.0, "needed": needed, "by": 1.0, "model": "m"}]
    assert f"--{limit}={text} in place" in presentation.show(document(choices=[], relax=relax))


def test_the_page_is_escaped():
    page = presentation.page(document())
    assert "&lt;note&gt;" in page and "<paper>" not in page and "Accuracy against latency" in page


def test_the_recipe_to_run_next_has_the_limits_as_its_budget(tmp_path):
    made = presentation.recipe_for(document())
    (tmp_path / "next.yaml").write_text(recipe.dump(made))
    again = recipe.load(tmp_path / "next.yaml")
    assert again == made and (again.model.name, again.model.weights, again.data.source) == (
        "mobilenet_v2",
        "imagenet",
        "FOLDER",
    )
    assert again.budget.limits == {"max_ms": 5.0, "max_bytes": 4_000_000}
    assert made.train.budget_minutes and made.quantize.batch_size == 32  # As photos_transfer has them.
    with pytest.raises(LimitBroken, match="`output`: nothing keeps every limit"):
        presentation.recipe_for(document(choices=[]))


def test_the_recipe_of_a_choice_that_was_run_is_that_recipe_with_the_limits():
    own = recipe.Recipe("mine", recipe.Data("pictures", 32), recipe.Model("mobilenet_v2"), stages=("train",))
    choice = {**document().document()["choices"][0], "recipe": recipe.dump(own)}
    made = presentation.recipe_for(document(choices=[choice], data="pictures"))
    assert (made.name, made.stages, made.budget.min_top1) == ("mine", ("train",), 0.7)
    shipped = {**choice, "recipe": recipe.dump(dataclasses.replace(own, name="quickstart_fashion_mnist"))}
    made = presentation.recipe_for(document(choices=[shipped], data="fashion_mnist"))
    assert made.model.name == "micro" and made.budget.max_ms == 5.0
