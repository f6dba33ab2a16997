import pytest
from places import ROOT

from tfl_lite_suite.api import settings
from tfl_lite_suite.core import recipe
from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.core.recipe import Train


def test_pretrained_weights_are_trained_as_the_shipped_recipe_says():
    assert settings.defaults(True) == recipe.load(ROOT / "recipes" / "photos_transfer.yaml")
    assert settings.defaults(False).train == Train()


def test_values_are_checked_and_the_others_stay():
    changed = settings.changed(Train(batch_size=32), {"epochs": 3}, "train")
    assert (changed.epochs, changed.batch_size) == (3, 32)
    with pytest.raises(SuiteError, match="train.epochs: expected a whole number. Received: 'three'"):
        settings.changed(Train(), {"epochs": "three"}, "train")
    assert settings.listed({"fold": (0, 5), "seed": 1}) == {"fold": [0, 5], "seed": 1}
