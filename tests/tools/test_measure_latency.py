from tool_modules import load

latency = load("measure_latency")


def test_a_network_is_timed_at_the_size_of_its_recipe_and_at_full_size():
    sizes = latency.sizes("micro")
    assert sizes["full_size"] == ["--model=micro"]
    assert "--resolution=28" in sizes["small"] and "--alpha=1.0" in sizes["small"]


def test_a_disturbed_measurement_is_repeated_until_one_is_valid():
    found = [{"valid": False, "number": 1}, {"valid": True, "number": 2}, {"valid": True, "number": 3}]
    assert latency.undisturbed(lambda: found.pop(0))["number"] == 2
    assert not latency.undisturbed(lambda: {"valid": False})["valid"]


def test_mnn_is_not_asked_for_int8(monkeypatch, tmp_path):
    def verb(name, *flags):
        engine = flags[-1].removeprefix("--engine=")
        return {"engine": engine, "engine_version": "1", "valid": True, "latency_ms": {"p50": 0.5}}

    monkeypatch.setattr(latency, "verb", verb)
    rows = latency.on_engines(tmp_path / "int8.tflite", "int8")
    assert [row["engine"] for row in rows] == ["litert", "tflite_runtime", "onnxruntime", "ncnn"]
    assert len(latency.on_engines(tmp_path / "float32.tflite", "float32")) == 5
