import pytest

from tfl_lite_suite.core import recipe
from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.search import request
from tfl_lite_suite.search.result import SearchResult

pytest.importorskip("optuna")

BASE = recipe.Recipe("base", recipe.Data("fashion_mnist", 28), recipe.Model("micro"))


def asked(folder, **changes):
    settings = {"vary": ["model.alpha=[0.5]"], "trials": 2, "seconds": None, "storage": None, "study": None}
    settings |= {"warm_start": False, "heartbeat": 15, "workdir": str(folder)}
    return request.Request(BASE, **{**settings, **changes})


@pytest.fixture
def workers(monkeypatch):
    """Workers that only tell how they were made."""
    made = []

    class Worker:
        def __init__(self, *given):
            made.append(given)

        def run(self, seconds):
            made.append(seconds)

        def write(self):
            return SearchResult(front=(), trials=(), counts={}, space=(), objectives={})

    monkeypatch.setattr(request, "Search", Worker)
    return made


def test_a_study_begins_with_the_recipe_itself_and_a_second_worker_adds_nothing(tmp_path, workers):
    for _ in range(2):
        found = asked(tmp_path, seconds=3.0).search()
        assert found.study == "base" and found.front == ()
    (_, dimensions, study, workdir, trials), seconds = workers[2:]
    assert ([dimension.name for dimension in dimensions], workdir, trials, seconds) == (
        ["model.alpha"],
        str(tmp_path),
        2,
        3.0,
    )
    assert [slot.state for slot in study.slots()] == ["waiting"]
    assert (tmp_path / "study.db").is_file()


def test_a_resolution_that_the_network_does_not_take_is_not_searched(tmp_path):
    assert request._fits("micro", 28) and not request._fits("resnet50", 8)


def test_a_mistake_writes_nothing(tmp_path):
    with pytest.raises(SuiteError, match="vary"):
        asked(tmp_path / "work", vary=["model.alhpa=[0.5]"]).search()
    assert not list(tmp_path.iterdir())
