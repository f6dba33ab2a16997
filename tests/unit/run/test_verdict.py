import json
import pathlib

import made_up_results
import pytest

from tfl_lite_suite.evaluate.result import ClassResult
from tfl_lite_suite.run import verdict

WORK = pathlib.Path("work")
NAMES = ("cat", "dog", "owl")


def evaluated(name, confusion, engine="litert"):
    n = sum(map(sum, confusion))
    per_class = tuple(
        ClassResult(label, sum(row), None, label, recall=row[place] / sum(row), recall_ci95=(0.0, 1.0))
        for place, (label, row) in enumerate(zip(NAMES, confusion, strict=True))
    )
    top1 = sum(row[place] for place, row in enumerate(confusion)) / n
    about = {"engine": engine, "n": n, "top1": top1, "per_class": per_class}
    return made_up_results.evaluated(name, **about, confusion=tuple(map(tuple, confusion))).document()


def timed(name, ms, valid=True):
    return made_up_results.timed(name, ms, valid=valid).document()


def file(name, scheme, size):
    return {"name": name, "scheme": scheme, "file_bytes": size, "output": f"elsewhere/{name}.tflite"}


GOOD = [[100, 0, 0], [2, 98, 0], [0, 10, 90]]
SLIGHTLY_WORSE = [[100, 0, 0], [2, 98, 0], [0, 12, 88]]
MUCH_WORSE = [[100, 0, 0], [20, 80, 0], [100, 0, 0]]
CHANGE = made_up_results.change(-0.02 / 3)
RESULTS = {
    "train": {"top1": 0.96},
    "convert": [file("float32", "float32", 4000), file("int8_ptq", "int8", 1010), file("int8_qat", "int8", 1000)],
    "evaluate": [
        evaluated("float32", GOOD),
        evaluated("int8_ptq", SLIGHTLY_WORSE),
        evaluated("int8_qat", MUCH_WORSE),
        evaluated("int8_ptq", MUCH_WORSE, "tflite_runtime"),
    ],
    "benchmark": [timed("float32", 4.0), timed("int8_ptq", 1.0)],
    "ledger": [
        made_up_results.ledger_row("train", "TensorFlow").document(),
        made_up_results.ledger_row(against_float=CHANGE).document(),
    ],
}


def test_the_smallest_file_within_a_point_of_the_best_is_shipped():
    found = verdict.give(RESULTS, WORK)
    assert (found.file, found.path) == ("int8_ptq", "work/convert/int8_ptq/int8_ptq.tflite")
    assert found.reason == "the smallest file within 1 point of the best one"
    assert (found.n, found.top1) == (300, pytest.approx(286 / 300)) and found.runtime == "litert 2.3"
    assert found.top1_ci95[0] < found.top1 < found.top1_ci95[1]
    assert found.baseline.document() == {"class": "cat", "top1": pytest.approx(1 / 3)}
    assert (found.worst_class.name, found.worst_class.recall) == ("owl", 0.88)
    change = {"points": CHANGE.points, "ci95": list(CHANGE.ci95), "verdict": "not shown"}
    assert found.against_float.document() == {**change, "bytes": pytest.approx(0.2525), "latency": 0.25}
    assert found.worries == ()


def test_a_file_that_loses_more_is_not_shipped_however_small():
    rows = [row for row in RESULTS["evaluate"] if row["name"] != "int8_ptq"]
    found = verdict.give({**RESULTS, "evaluate": rows}, WORK)
    assert (found.file, found.reason) == ("float32", "the most accurate file")
    assert found.against_float.bytes is None


def test_a_file_that_breaks_the_budget_gives_way_to_one_that_keeps_it():
    checks = [
        {"file": "int8_ptq", "limit": limit, "allowed": 1, "received": 2, "ok": limit == "x"}
        for limit in ("max_ms", "x")
    ]
    found = verdict.give({**RESULTS, "budget": {"ok": False, "checks": checks}}, WORK)
    assert found.file == "float32" and found.reason.endswith("of those that keep the budget")
    every = [{**checks[0], "file": name} for name in ("float32", "int8_ptq", "int8_qat")]
    found = verdict.give({**RESULTS, "budget": {"ok": False, "checks": every}}, WORK)
    assert found.file == "int8_ptq" and "it breaks the budget: max_ms" in found.worries


def test_the_file_with_its_decision_is_the_one_to_ship():
    found = verdict.give({**RESULTS, "decide": [{"name": "int8_ptq", "wishes": []}]}, WORK)
    assert found.path == "work/decide/int8_ptq/int8_ptq.tflite" and found.file_bytes == 1010


def test_few_pictures_and_unseen_classes_are_worries_and_cross_validation_comes_next():
    few = evaluated("int8_ptq", [[6, 0, 0], [2, 2, 0], [1, 1, 0]])
    found = verdict.give({**RESULTS, "evaluate": [few]}, WORK, cut_away=0.31)
    words = " ".join(found.worries)
    assert "12 test pictures are few" in words and "never answered: owl" in words
    assert "not shown to be better than always answering 'cat'" in words
    assert "cat (6), dog (4), owl (2)" in words and "31 % of a picture's area" in words
    assert found.next[2].command.startswith("python -m tfl_lite_suite.run --recipe=work/recipe.yaml --folds=5")


def test_one_picture_may_be_lost_where_a_point_is_less_than_one():
    best, lost = evaluated("float32", [[10, 0, 0], [0, 10, 0], [0, 0, 10]]), [[10, 0, 0], [0, 10, 0], [0, 1, 9]]
    found = verdict.give({**RESULTS, "evaluate": [best, evaluated("int8_ptq", lost)]}, WORK)
    assert (found.file, found.reason) == ("int8_ptq", "the smallest file within one picture of the best one")


def test_a_loss_that_is_shown_and_a_disturbed_timing_are_worries():
    loss = made_up_results.change(-0.03, verdict="loss")
    ledger = [made_up_results.ledger_row(against_float=loss).document()]
    found = verdict.give({**RESULTS, "ledger": ledger, "benchmark": [timed("int8_ptq", 1.0, valid=False)]}, WORK)
    assert "int8 costs 3.00 points against the float network" in found.worries
    assert any("the machine was busy" in worry for worry in found.worries)


def test_commands_can_be_pasted_and_the_document_is_json():
    found = verdict.give(RESULTS, pathlib.Path("my work"))
    assert "'--model=my work/convert/int8_ptq/int8_ptq.tflite'" in found.next[0].command and len(found.next) == 3
    again = verdict.Verdict.from_json(found.to_json())
    assert again.document() == json.loads(found.to_json())


def test_there_is_no_verdict_where_nothing_was_evaluated():
    assert verdict.give({"train": {"top1": 0.9}, "ledger": []}, WORK) is None
    assert verdict.give({**RESULTS, "evaluate": []}, WORK) is None


def test_several_labels_a_picture_have_no_commonest_class_and_count_by_exact_answers():
    def several(name, exact):
        row = evaluated(name, GOOD)
        per_class = [{**item, "n": item["n"] + 50} for item in row["per_class"]]
        return {**row, "per_class": per_class, "confusion": None, "exact_match": exact, "micro_f1": 0.8}

    found = verdict.give({**RESULTS, "evaluate": [several("float32", 0.7), several("int8_ptq", 0.5)]}, WORK)
    assert found.baseline is None and found.file == "float32" and found.top1 == pytest.approx(0.96)
    assert found.several_labels.document() == {"mean_average_precision": None, "micro_f1": 0.8, "exact_match": 0.7}
    assert found.top1_ci95[0] < found.top1 < found.top1_ci95[1]
