import leaves
import numpy as np
import pytest

import tfl_lite_suite as tls
from tfl_lite_suite.core.contract import Contract


@pytest.fixture
def images(tmp_path):
    leaves.write(tmp_path)
    return tls.load_images(tmp_path / "leaves", resolution=32, validation_fraction=0.2, test_fraction=0.2)


def test_a_folder_is_cut_as_a_recipe_would(images):
    assert (images.class_names, len(images)) == (("birch", "oak"), 24)
    sizes = [len(part) for part in (images.train, images.validation, images.test)]
    assert sum(sizes) == 24 and min(sizes) >= 2
    assert images.train.images([0]).shape == (1, 32, 32, 3)
    assert images.contract.labels == images.class_names and any("train:" in note for note in images.notes)


def test_a_model_s_contract_prepares_them_anew(images):
    contract = Contract(24, 40, 1, 24, 40, labels=("oak", "beech", "birch"))
    split = images.split_for(contract, "test")
    assert split.images([0]).shape == (1, 24, 40, 1)
    names = [contract.labels[label] for label in split.labels]
    assert names == [images.class_names[label] for label in images.test.labels]
    assert len(images.split_for(contract, "all")) == 24


def test_classes_that_are_not_the_model_s_are_refused(images):
    with pytest.raises(tls.SuiteError, match="classes do not match the model's"):
        images.split_for(Contract(32, 32, 3, 32, 32, labels=("oak", "cat", "dog")), "test")


def test_arrays_bring_their_size_and_colour():
    x = np.random.default_rng(0).integers(0, 256, (20, 48, 64), np.uint8)
    images = tls.Images.from_arrays(x, np.arange(20) % 2, ["a", "b"], parts=["train"] * 16 + ["test"] * 4)
    assert images.contract.image_shape == (48, 48, 1) and len(images.test) == 4
    assert np.array_equal(images.test.images([1])[0, :, :, 0], x[17, :, 8:56])
    small = tls.Images.from_arrays([x[0, :20, :20], np.zeros((30, 30, 3))], ["a", "b"])
    assert small.contract.image_shape == (32, 32, 3)
    assert "2 pictures of 2 classes at 32x32, rgb" in repr(small)


def test_mistakes_are_named(tmp_path):
    leaves.write(tmp_path)
    with pytest.raises(tls.SuiteError, match="resolutoin.*Did you mean 'resolution'"):
        tls.load_images(tmp_path / "leaves", resolutoin=32)
    with pytest.raises(tls.SuiteError, match="data.source: no such folder"):
        tls.load_images(tmp_path / "nowhere")
    images = tls.load_images(tmp_path / "leaves", test_fraction=0.0)
    with pytest.raises(tls.SuiteError, match="part: there are no test pictures. Use part='all'"):
        images.split_for(images.contract, "test")
