"""Every value of a work folder's results, replaced by one of another type or left out: one line names the file."""

import copy
import json
import zipfile

import pytest
from places import GOLDEN

from tfl_lite_suite.convert.result import Conversion
from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.core.work_folder import Stage
from tfl_lite_suite.quantize.result import PtqResult, QatResult
from tfl_lite_suite.report import operator_times, recorded_run, run_sections
from tfl_lite_suite.run import stages
from tfl_lite_suite.run.result import EvaluatedFile, LintedFile, TimedFile
from tfl_lite_suite.run.step import Task
from tfl_lite_suite.train.result import TrainResult

LEFT_OUT = object()
WRONG = ("x", 7, [], LEFT_OUT)
STAGES = {
    "train": ("train", TrainResult),
    "quantize": ("quantize", QatResult),
    "quantize_ptq": ("quantize", PtqResult),
    "convert/int8_ptq": ("convert", Conversion),
    "lint/int8_ptq": ("lint", LintedFile),
    "evaluate/int8_ptq_litert": ("evaluate", EvaluatedFile),
    "benchmark/int8_ptq_litert": ("benchmark", TimedFile),
}


def recorded(name):
    with zipfile.ZipFile(GOLDEN / "former_work_folder.zip") as archive:
        return shortened(json.loads(archive.read(name)))


def shortened(value):
    """Keeps two items of each list, whose others are of the same kind."""
    if isinstance(value, dict):
        return {key: shortened(item) for key, item in value.items()}
    return [shortened(item) for item in value[:2]] if isinstance(value, list) else value


def places(value, above=()):
    """Yields the path of every value inside a document; of a list, those in its first item."""
    items = value.items() if isinstance(value, dict) else enumerate(value[:1]) if isinstance(value, list) else ()
    for key, inner in items:
        yield (*above, key)
        yield from places(inner, (*above, key))


def damaged(document):
    """Yields the document once for each place and wrong value, with what was changed."""
    for place in places(document):
        for wrong in WRONG:
            changed = copy.deepcopy(document)
            holder = changed
            for key in place[:-1]:
                holder = holder[key]
            if wrong is LEFT_OUT:
                del holder[place[-1]]
            elif type(wrong) is type(holder[place[-1]]) and not isinstance(wrong, list):
                continue
            else:
                holder[place[-1]] = wrong
            yield changed, (place, wrong)


def draw(folder):
    run = recorded_run.read(folder)
    rows = run_sections.rows_of([run])
    run_sections.trade_offs(rows, False)
    for table in ("steps_table", "ledger_table", "budget_table", "problems_table", "hashes_table"):
        getattr(run_sections, table)(run).html()
    for block in (*(getattr(run_sections, name) for name in ("curves", "by_class", "layers", "verdict_block")),):
        block(run)
    operator_times.html(run)
    run_sections.environment_table([run], [])


def check(document, path, what):
    """Counts the damage that is told; what is not told did not keep anything from being read."""
    told = 0
    for changed, where in damaged(document):
        path.write_text(json.dumps(changed))
        try:
            what()
        except SuiteError as error:
            assert str(path) in str(error) and "\n" not in str(error), where
            told += 1
        except Exception as error:
            pytest.fail(f"{where}: {type(error).__name__}: {error}")
    return told


def test_the_report_of_a_run(tmp_path):
    document = recorded("results.json")
    # Read as a stage's results are, below.
    del document["lint"]
    assert check(document, tmp_path / "results.json", lambda: draw(tmp_path)) > 100


@pytest.mark.parametrize("name", STAGES)
def test_a_stage_that_is_to_be_kept(tmp_path, name):
    kind, result = STAGES[name]
    stage = Stage(tmp_path, name, {})
    results = recorded(f"{name}/results.json")["results"]
    stage.finish(results)
    document = json.loads(stage.results_file.read_text())
    task = Task(stage, dict, result)
    assert set(results) <= set(stages.get(kind).kept(task) or results)
    changed = check({**document, "key": stage.key}, stage.results_file, lambda: stages.get(kind).kept(task))
    assert changed > len(results)
