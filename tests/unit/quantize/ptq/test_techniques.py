import collections
import dataclasses

import numpy as np
import pytest
from keras_samples import blocky

from tfl_lite_suite import models
from tfl_lite_suite.core.framework import keras
from tfl_lite_suite.models import tflite_converter
from tfl_lite_suite.quantize.ptq import techniques as ptq
from tfl_lite_suite.tflite.file import TfliteFile

GREY = blocky(24, (32, 32, 1))


def candidate(techniques, kl):
    return ptq.Candidate(techniques, None, 1.0, np.asarray(kl, np.float64))


def uneven_network():
    """A residual network whose channels differ a hundredfold, so that plain int8 loses most of them."""
    keras.utils.set_random_seed(1)
    generator = np.random.default_rng(0)
    x = image = keras.Input((32, 32, 3))
    x = keras.layers.Rescaling(1 / 128, -1)(x)
    x = keras.layers.Conv2D(16, 3, 2, "same")(x)
    for _ in range(2):
        y = keras.layers.ReLU()(keras.layers.Conv2D(32, 1)(x))
        x = keras.layers.Add()([x, keras.layers.Conv2D(16, 1)(y)])
    x = keras.layers.ReLU()(keras.layers.Conv2D(32, 1)(x))
    model = keras.Model(image, keras.layers.Dense(10)(keras.layers.GlobalAveragePooling2D()(x)))
    strength = 100.0 ** generator.uniform(-1, 0, 16)
    for layer in model.layers:
        if isinstance(layer, keras.layers.Conv2D):
            kernel, bias = layer.get_weights()
            if kernel.shape[2] == 16:
                kernel = kernel / strength[:, None]
            if kernel.shape[3] == 16:
                kernel = kernel * strength
            layer.set_weights([kernel, generator.normal(0, 0.1, bias.shape) * (kernel.std(axis=(0, 1, 2)))])
    return model


def test_equalization_is_chosen_where_it_helps_and_no_file_is_parsed_twice(monkeypatch):
    parsed, parse = collections.Counter(), TfliteFile.__init__

    def counted(self, data, *where):
        parsed[bytes(data)] += 1
        parse(self, data, *where)

    monkeypatch.setattr(TfliteFile, "__init__", counted)
    result = ptq.quantize(uneven_network(), blocky(48, (32, 32, 3)))
    assert len(parsed) > 5 and set(parsed.values()) == {1}
    report = result.report
    assert ptq.EQUALIZATION in report["techniques"]
    plain = report["candidates"][0]
    assert plain["techniques"] == [] and len(report["candidates"]) == 5
    assert report["kl"] < 0.5 * plain["kl"]
    assert report["pictures"] == {"ranges": 32, "judging": 16}
    file = TfliteFile(result.content)
    assert file.fully_int8 and (file.inputs[0].scale, file.inputs[0].zero_point) == (1.0, -128)


@pytest.fixture(scope="module")
def uneven():
    """The uneven network, and what came of its quantization."""
    model = uneven_network()
    return model, ptq.quantize(model, blocky(48, (32, 32, 3)))


@pytest.fixture(scope="module")
def plain(uneven):
    """What plain conversion gives, as if nothing else had been tried."""
    model, done = uneven
    file = TfliteFile(tflite_converter.convert(model, "int8", calibration=done.for_ranges))
    reference = TfliteFile(tflite_converter.convert(model, "float32"))
    candidate = ptq.Calibrated((), file, 0.0, done.best.kl, model=model, reference=reference, full_range=file)
    return dataclasses.replace(done, best=candidate, calibrated=candidate)


def test_a_file_that_is_good_enough_stays_as_it_is(uneven):
    done = uneven[1]
    assert ptq.with_fallback(done, done.best.agreement) is done


def test_the_fewest_layers_stay_in_float_where_int8_is_not_enough(plain):
    mixed = ptq.with_fallback(plain, 1.0)
    assert mixed.report["agreement"] == 1.0
    assert 1 <= len(mixed.report["float_layers"]) and mixed.report["float_latency_ratio"] > 0


def test_the_fewest_layers_get_16_bits_where_int8_is_not_enough(plain):
    mixed = ptq.with_fallback(plain, 0.5, "int16")
    assert mixed.report["agreement"] >= 0.5
    assert 1 <= len(mixed.report["int16_layers"]) and mixed.report["int16_latency_ratio"] > 0
    assert "int16" in {tensor.dtype for tensor in TfliteFile(mixed.content).subgraphs[0].tensors}
    failed = ptq.with_fallback(plain, 0.95, "int16")
    assert failed.content == plain.content and "not even every layer in int16" in failed.report["notes"][-1]


def test_what_8_bit_scores_allow_is_told_where_nothing_helps(plain):
    scores = plain.expected.copy()
    scores[::2, :2] = scores.max() + (1e-6, 2e-6)
    scores[1::2, 1] = scores.max() + 9
    failed = ptq.with_fallback(dataclasses.replace(plain, expected=scores), 0.95, "int16")
    assert "8-bit output alone keeps 0.500" in failed.report["notes"][-1]


@pytest.mark.parametrize(("name", "io_type"), [("mobilenet_v3_small", "uint8"), ("squeezenet_1_1", "float32")])
def test_networks_of_other_kinds_in_grey(name, io_type):
    model = models.build(name, (32, 32, 1), 4, alpha=0.25 if name.startswith("mobile") else 1.0)
    result = ptq.quantize(model, GREY, io_type)
    assert TfliteFile(result.content).fully_int8
    assert result.report["candidates"][0]["techniques"] == []


def test_a_model_that_cannot_be_rewritten_is_converted_plainly_and_says_so():
    class Subclassed(keras.Model):
        def __init__(self):
            super().__init__(name="subclassed")
            self.convolution = keras.layers.Conv2D(4, 3)
            self.pool = keras.layers.GlobalAveragePooling2D()

        def call(self, inputs, training=False):
            return self.pool(self.convolution(inputs))

    model = Subclassed()
    model.build((None, 32, 32, 1))
    model._set_save_spec(keras.Input((32, 32, 1)))
    type(model).input_shape = property(lambda self: (None, 32, 32, 1))
    result = ptq.quantize(model, GREY[:8])
    assert any("expected a functional" in note for note in result.report["notes"])
    assert any("same 8 pictures" in note for note in result.report["notes"])


def test_the_file_nearest_to_the_float_model_is_chosen():
    plain, worse = candidate((), [0.1, 0.2, 0.3, 0.4]), candidate(("a",), [0.1, 0.2, 0.3, 0.5])
    nearer = candidate(("b",), [0.0, 0.0, 0.1, 1.6])
    assert ptq.choose([plain, worse]) is plain
    assert ptq.choose([plain, worse, nearer]) is nearer


def test_a_file_that_devices_cannot_run_is_not_chosen():
    plain, refused = candidate((), [0.4, 0.4]), candidate(("a",), [0.0, 0.0])
    assert ptq.choose([plain, dataclasses.replace(refused, refusal="out of range")]) is plain
    assert ptq.choose([dataclasses.replace(plain, refusal="out of range"), refused]) is refused


def test_pictures_that_judge_give_no_ranges():
    pictures = np.arange(90, dtype=np.uint8).reshape(90, 1, 1, 1)
    ranges, judging = ptq.share_out(pictures, 0)
    assert len(ranges) == 60 and len(judging) == 30
    assert set(ranges.ravel()) | set(judging.ravel()) == set(range(90))
