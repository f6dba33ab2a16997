import json

import pytest

from tfl_lite_suite.advise import devices
from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.summary.costs import Size

FRESH = "/cache/mobilenet_v2-alpha_1.0-classes_1000-resolution_224-scheme_float32.tflite"


def benchmark(model=FRESH, **more):
    document = {"model": model, "engine": "litert", "latency_ms": {"p50": 12.0}, "valid": True, "peak_rss_bytes": 1}
    return {**document, "device": {"board": None, "cpu": "quick"}, **more}


def write(tmp_path, document):
    path = tmp_path / "device.json"
    path.write_text(json.dumps(document))
    return path


def test_one_benchmark_scales_the_reference(tmp_path):
    device = devices.read(write(tmp_path, benchmark()))
    assert (device.name, device.notes) == ("quick", ())
    assert device.latency.predict(Size("mobilenet_v2", 1.0, 224), "float32", 1000).ms == pytest.approx(12.0)


def test_what_cannot_be_used_is_noted(tmp_path):
    device = devices.read(write(tmp_path, [benchmark("mine.tflite"), benchmark(valid=False)]))
    assert device.notes == (
        "not used: mine.tflite is no network that the suite knows the cost of",
        f"measured on a busy machine: {FRESH} on litert",
    )


@pytest.mark.parametrize("document", [None, [], [{}], {"measurements": 3}, benchmark("mine.tflite"), "text"])
def test_a_file_without_measurements_is_told(tmp_path, document):
    with pytest.raises(SuiteError, match="device: "):
        devices.read(write(tmp_path, document))


def test_a_file_that_is_missing_or_no_json_is_told(tmp_path):
    with pytest.raises(SuiteError, match="device: cannot read '.*missing.json': No such file"):
        devices.read(tmp_path / "missing.json")
    (tmp_path / "x").write_text("name: x")
    with pytest.raises(SuiteError, match="^device: '.*/x' is no JSON of benchmark"):
        devices.read(tmp_path / "x")


def test_this_machine_has_its_own_measurements_or_those_of_its_cpu(tmp_path):
    name = devices.read(devices.REFERENCE).name
    assert devices.here(tmp_path / "none.json", name).latency is not None
    unknown = devices.here(tmp_path / "none.json", "abacus")
    assert unknown.latency is None and "never measured on this machine (abacus)" in unknown.notes[0]
    assert devices.here(write(tmp_path, benchmark()), "abacus").name == "quick"
