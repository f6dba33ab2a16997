import made_up_results
import numpy as np
import pytest

from tfl_lite_suite.core import predictions
from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.search import front
from tfl_lite_suite.search.result import CompleteTrial, SearchResult, TrialRow


def row(top1, ms, size, trial=0, **more):
    plain = {"top1_unseen": 0.7, "n": 5, "n_unseen": 5, "steady": True, "engine": "litert", "loss": 0.0, "params": {}}
    plain |= {"state": "complete", "name": "x", "folder": "trials/x"}
    return CompleteTrial(top1=top1, ms=ms, bytes=size, trial=trial, **{**plain, **more})


def test_the_front_leaves_out_what_is_beaten():
    best, small, fast = row(0.9, 2.0, 200), row(0.8, 2.0, 100), row(0.8, 1.0, 150)
    beaten, equal = row(0.8, 2.5, 100), row(0.9, 2.0, 200, trial=1)
    assert front.front([beaten, small, best, fast, equal]) == [best, small, fast]
    assert front.front([]) == []


def write_answers(folder, count):
    keys = [f"{index}.png" for index in range(count)]
    labels = np.zeros(count, np.int64)
    wrong = np.array([front.is_unseen(key) for key in keys], np.int64)
    predictions.write(folder / "evaluate" / "int8_ptq_b" / predictions.FILE, ["x", "y"], keys, labels, wrong[:, None])


def results(top1):
    rows = [
        made_up_results.timed(name, ms, engine=engine).document()
        for name, engine, ms in (("float32", "a", 1.0), ("int8_ptq", "a", 3.0), ("int8_ptq", "b", 2.0))
    ]
    return {
        "train": {"top1": 0.75},
        "convert": [{"name": "float32", "file_bytes": 9}, {"name": "int8_ptq", "file_bytes": 5}],
        "evaluate": [made_up_results.evaluated(engine=engine, top1=top1).document() for engine in "ab"],
        "benchmark": rows,
    }


def test_an_outcome_is_of_one_file_on_its_fastest_runtime_with_halves_apart(tmp_path):
    write_answers(tmp_path, 100)
    found = front.outcome(results(0.5), "int8_ptq", tmp_path)
    assert (found.engine, found.ms, found.bytes, found.loss) == ("b", 2.0, 5, 0.25)
    assert (found.top1, found.top1_unseen) == (1.0, 0.0)
    assert found.n + found.n_unseen == 100 and 30 < found.n < 70
    with pytest.raises(SuiteError, match="made no file 'int8_qat'"):
        front.outcome(results(0.5), "int8_qat", tmp_path)


def test_too_few_test_images_are_an_error(tmp_path):
    write_answers(tmp_path, 1)
    with pytest.raises(SuiteError, match="more test images than 1"):
        front.outcome(results(0.5), "int8_ptq", tmp_path)


def test_the_page_shows_the_front_and_every_trial():
    kept = row(0.8, 1.5, 1000, trial=3, steady=False, params={"model.alpha": 0.5})
    stopped = TrialRow(trial=4, state="stopped", why="after <epoch> 2", params={"model.alpha": 1.0})
    found = SearchResult(front=(kept,), trials=(kept, stopped), counts={}, space=(), objectives={})
    text = front.page("Search", found)
    assert text.count("<svg class=") == 2 and "1.5 ms, unsteady" in text
    assert "after &lt;epoch&gt; 2" in text and "alpha 0.5" in text
