import json

import pytest
import tool_modules

from tfl_lite_suite.core import recipe
from tfl_lite_suite.core.recipe import Model, Recipe
from tfl_lite_suite.core.recipe_data import Data


@pytest.fixture(scope="module")
def collect_int8():
    return tool_modules.load("collect_int8")


def folder(path):
    """A work folder with what `quantize` leaves in one."""
    (path / "quantize").mkdir(parents=True)
    settings = Recipe("tiny", Data("nowhere", 32), Model("micro", 0.5))
    (path / "quantize" / "recipe.yaml").write_text(recipe.dump(settings))
    start = {"techniques": [], "ranges": "percentile_0.1", "agreement": 0.95, "kl": 0.01}
    results = {"top1_float": 0.5, "top1_start": 0.4875, "top1_qat": 0.499, "start": start, "kept": "epoch 2"}
    results |= {"validation": {"images": 9}, "epochs": 2}
    (path / "quantize" / "results.json").write_text(json.dumps({"key": "k", "results": results}))
    return path


def test_a_work_folder_becomes_a_row_of_the_table(collect_int8, tmp_path):
    row = collect_int8.collect(folder(tmp_path / "work"))
    assert (row["network"], row["alpha"], row["resolution"], row["ptq"]) == ("micro", 0.5, 32, {})
    assert collect_int8.table([row]).splitlines()[-1] == (
        "| micro 0.5 | rgb, 32 pixels | 50.00 % | 48.75 % | 49.90 % | epoch 2 | percentile_0.1 | 95.0 % |"
    )


def test_a_folder_without_results_is_named(collect_int8, tmp_path):
    with pytest.raises(SystemExit, match="no quantize/results.json"):
        collect_int8.collect(tmp_path)
