import made_up_results
import pytest
import round_trips

from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.run import result


def test_the_rows_of_every_step_of_a_kind_are_read_back():
    rows = [made_up_results.evaluated("a"), made_up_results.evaluated("b")]
    results = {"train": {"top1": 1}, "evaluate": [rows[0].document()], "evaluate_2": [rows[1].document()]}
    results["benchmark"] = [made_up_results.timed("a").document()]
    assert [row.name for row in result.evaluated(results)] == ["a", "b"]
    assert [row.latency_ms.p50 for row in result.timed(results)] == [1.25]
    assert result.linted(results) == []


@pytest.mark.parametrize("made", [made_up_results.evaluated(), made_up_results.timed(), made_up_results.linted()])
def test_a_row_is_its_document(made):
    round_trips.check(type(made), made.document())


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda row: row.pop("top1"), r"results.json: evaluate\[0\]: 'top1' is missing"),
        (lambda row: row.update(n="many"), r"results.json: evaluate\[0\]: n: expected int. Received: 'many'"),
    ],
)
def test_damage_names_file_row_and_key(damage, message):
    row = made_up_results.evaluated().document()
    damage(row)
    with pytest.raises(SuiteError, match=message):
        result.evaluated({"evaluate": [row]}, "results.json")
    with pytest.raises(SuiteError, match="results.json: evaluate: expected a list. Received: dict"):
        result.evaluated({"evaluate": {}}, "results.json")
