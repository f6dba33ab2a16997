import leaves
import numpy as np
import pytest

import tfl_lite_suite as tls


@pytest.fixture(scope="module")
def images(tmp_path_factory):
    folder = tmp_path_factory.mktemp("leaves")
    leaves.write(folder)
    return tls.load_images(folder / "leaves", resolution=16, color="grey")


@pytest.fixture(scope="module")
def trained(images, tmp_path_factory):
    model = tls.Classifier.build("micro", images, alpha=0.25, workdir=tmp_path_factory.mktemp("work"))
    model.train(images, epochs=3, batch_size=4, learning_rate=0.02)
    return model


def test_a_step_is_the_verb_s_and_is_kept(images, trained):
    work = trained._work.folder
    assert (work / "train" / "results.json").is_file()
    again = tls.Classifier.build("micro", images, alpha=0.25, workdir=work)
    before = (work / "train" / "model.keras").stat().st_mtime_ns
    assert again.train(images, epochs=3, batch_size=4, learning_rate=0.02) == trained.results[0]
    assert (work / "train" / "model.keras").stat().st_mtime_ns == before


def test_training_goes_on_from_where_it_was(images, trained, tmp_path):
    trained.save(tmp_path / "mine.keras")
    model = tls.Classifier.load(tmp_path / "mine.keras")
    assert model.contract == images.contract
    pictures = images.test.images([0, 1]).astype(np.float32)
    assert np.allclose(model.keras(pictures), trained.keras(pictures), atol=1e-6)
    model.train(images, epochs=0)
    assert np.allclose(model.keras(pictures), trained.keras(pictures), atol=1e-6)


def test_pruning_leaves_the_network_as_it_is(images, trained):
    params = trained.keras.count_params()
    small = trained.prune(images, params_ratio=0.7, epochs=0)
    assert small.keras.count_params() == small.results[-1].params_after < params == trained.keras.count_params()
    assert [type(result).__name__ for result in small.results] == ["TrainResult", "PruneResult"]
    other = trained.prune(images, params_ratio=0.9, epochs=0)
    assert small.keras.count_params() < other.keras.count_params()


def test_an_int8_file_outlives_its_network(images, trained):
    file = trained.quantize(images, epochs=1, batch_size=4)
    assert file.lint(trial=False).fully_int8 and file.labels == ("birch", "oak")
    assert file.result.epochs == 1 and 0 <= file.evaluate(images).top1 <= 1
    unsigned = trained.quantize(images, "ptq", io_type="uint8")
    assert unsigned.lint(trial=False).inputs[0].dtype == "uint8"


def test_mistakes_are_named(images, trained, tmp_path):
    for call, said in (
        (lambda: tls.Classifier.build("mobilnet_v2", images), "name: unknown network 'mobilnet_v2'. Did you mean"),
        (lambda: tls.Classifier.build("mobilenet_v2", images), "takes images of at least 32x32"),
        (lambda: tls.Classifier.build("micro", images, weights="imagnet"), "weights: expected none, imagenet or"),
        (lambda: trained.train(images, epoch=3), "train.epoch: unknown key 'epoch'. Did you mean 'epochs'"),
        (lambda: trained.train(images, learning_rate=-1), "train.learning_rate: expected a number from 0"),
        (lambda: trained.train(images, augment={"flp": True}), "augment.flp: unknown key 'flp'"),
        (lambda: trained.prune(images, params_ratio=2), "prune.params_ratio: expected a number from"),
        (lambda: trained.quantize(images, "pttq"), "scheme: unknown scheme 'pttq'. Did you mean 'ptq'"),
        (lambda: trained.convert("int8"), "quantize makes int8. Received: 'int8'"),
        (lambda: trained.save("x.keras", "plane"), "format: unknown format 'plane'. Did you mean 'plain'"),
        (lambda: trained.save("x.tflite"), "path: expected a name that ends in .keras"),
        (lambda: tls.Classifier.load(tmp_path / "x.keras"), "path: no such file"),
    ):
        with pytest.raises(tls.SuiteError, match=said):
            call()


def test_other_images_are_refused(trained):
    other = tls.Images.from_arrays(np.zeros((8, 16, 16, 3), np.uint8), [0, 1] * 4, resolution=16)
    with pytest.raises(tls.SuiteError, match="images: channels is 3, the network's is 1"):
        trained.train(other, epochs=1)
