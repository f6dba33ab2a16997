import argparse
import pathlib

import pytest
import tool_modules

from tfl_lite_suite import models
from tfl_lite_suite.core import files, recipe
from tfl_lite_suite.core.errors import SuiteError


@pytest.fixture(scope="module")
def tool():
    return tool_modules.load("compare_networks")


@pytest.mark.parametrize("network", models.names())
def test_every_network_has_a_recipe_that_takes_the_settings(tool, network):
    given = argparse.Namespace(data="photos", resolution=64, epochs=3, workdir=pathlib.Path("work"))
    flags = tool.command(network, 2, given)
    path = next(flag for flag in flags if flag.startswith("--recipe=")).partition("=")[2]
    settings = recipe.load(path, [flag.removeprefix("--set=") for flag in flags if flag.startswith("--set=")])
    assert (settings.model.name, settings.seed, settings.train.epochs) == (network, 2, 3)
    assert (settings.data.color, settings.data.resolution, settings.data.train_limit) == ("rgb", 64, None)
    assert settings.stages == tool.STAGES


def test_what_the_output_holds_is_not_measured_again(tool, tmp_path):
    networks = {"micro": {"0": {"params": 7}}}
    output = tmp_path / "photos.json"
    files.write_json(output, {"resolution": 64, "epochs": 12, "networks": networks})
    given = argparse.Namespace(seeds=[0], networks=["micro"], resolution=64, epochs=12, output=output)
    assert tool.compare(given)["networks"] == networks
    given.epochs = 3
    with pytest.raises(SuiteError, match="another resolution or number of epochs"):
        tool.compare(given)


def test_figures_of_a_run(tool):
    change = {"points": -0.1, "ci95": [-0.12, -0.08]}
    results = {
        "train": {"params": 7},
        "evaluate": [
            {"name": "float32", "engine": "litert", "top1": 0.5},
            {"name": "int8_qat", "engine": "litert", "top1": 0.4},
            {"name": "int8_qat", "engine": "tflite_runtime", "top1": 0.3},
        ],
        "ledger": [
            {"name": "int8_qat", "runtime": "tflite_runtime 2.14.0", "agreement": 0.9},
            {"name": "int8_qat", "runtime": "litert 2.3.0", "agreement": 0.99, "against_float": change},
        ],
    }
    assert tool.figures(results) == {
        "params": 7,
        "top1": {"float32": 0.5, "int8_qat": 0.4},
        "changes": {"int8_qat": [-0.1, -0.12, -0.08]},
        "agreement": 0.99,
    }
