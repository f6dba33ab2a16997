import pytest
import tool_modules
import yaml
from places import ROOT


@pytest.fixture(scope="module")
def measure_micro():
    return tool_modules.load("measure_micro")


def test_every_network_has_a_recipe_that_trains_it(measure_micro):
    for network in measure_micro.NETWORKS.values():
        recipe = yaml.safe_load((ROOT / "recipes" / f"{network.recipe}_fashion_mnist.yaml").read_text())
        assert recipe["model"]["name"] == network.recipe and recipe["data"]["source"] == measure_micro.DATA


def test_a_network_that_was_trained_is_not_trained_again(measure_micro, tmp_path):
    made = tmp_path / "micro" / "convert" / "int8_qat" / "int8_qat.tflite"
    made.parent.mkdir(parents=True)
    made.write_bytes(b"")
    assert measure_micro.trained("micro", tmp_path) == made
