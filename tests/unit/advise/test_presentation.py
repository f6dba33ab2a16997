import pytest

from tfl_lite_suite.advise import presentation
from tfl_lite_suite.advise.candidates import Candidate, Figure
from tfl_lite_suite.advise.costs import Size
from tfl_lite_suite.core import recipe
from tfl_lite_suite.core.errors import LimitBroken

FIGURES = {"top1": Figure(0.72, "published", "<paper>"), "ms": Figure(4.0, "predicted", "a model")}


def document(**more):
    choice = {"score": 0.5, **presentation.describe(Candidate(Size("mobilenet_v2", 1.0, 224), "int8", "int8", FIGURES))}
    found = {"choices": [choice], "rejected": [{"model": "m", "why": "max_ms"}], "unmeasured": [], "relax": []}
    found |= {"limits": {"max_ms": 5.0, "max_bytes": 4e6, "min_top1": 0.7}, "data": "imagenet", "notes": ["<note>"]}
    return found | {"device": {"name": "pi", "latency_error": {"litert int8": 0.08, "x int8": None}}} | more


def test_a_candidate_says_what_is_known_and_what_is_not():
    found = presentation.describe(Candidate(Size("mobilenet_v2", 1.0, 224), "int8", "int8", {}, notes=("a note",)))
    assert found["why"] == "accuracy at this width and resolution was never measured or published; a note"
    known = document()["choices"][0]
    assert known["why"] == "top-1 72.0 % (published), latency 4 ms (predicted)"
    assert known["evidence"]["top1"] == {"value": 0.72, "basis": "published", "source": "<paper>"}


def test_text():
    text = presentation.show(document())
    assert "1. mobilenet_v2 1 at 224 px, int8 (score 0.50): top-1 72.0 %" in text and "top1: <paper>" in text
    assert "litert int8: 8 % on held-out networks" in text and "x int8: error unknown" in text


def test_text_where_nothing_fits():
    relax = [{"limit": "max_bytes", "allowed": 1000, "needed": 1461688, "by": 1460688, "model": "m"}]
    text = presentation.show(document(choices=[], relax=relax))
    assert "relax --max_bytes from 1000 to 1461688, by 1460688: m" in text
    assert "relax two or more" in presentation.show(document(choices=[]))


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
    assert presentation.recipe_for(document(data="fashion_mnist")).budget.min_top1 == 0.7
    with pytest.raises(LimitBroken, match="--output: nothing keeps every limit"):
        presentation.recipe_for(document(choices=[]))
