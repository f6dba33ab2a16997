"""`.tflite` files of others, without a contract: their own preprocessing is executed, or they are refused."""

import json

import foreign_metadata
import numpy as np
import pytest
import quadrant_models
import tflite_samples
from ai_edge_litert import schema_py_generated as schema

SIDE = 4


def light_or_dark(dtype=np.float32, scale=0.0, zero_point=0, threshold=0.0):
    """The bytes of a classifier of grey pictures: `light` where the mean of its input is above the threshold."""
    graph = tflite_samples.Graph()
    whole = dtype is not np.float32
    image = graph.tensor("image", (1, SIDE, SIDE, 1), dtype, *(([scale], [zero_point]) if whole else ((), ())))
    data = np.zeros((2, SIDE * SIDE), np.int8 if whole else np.float32)
    data[1] = 1
    kernel = graph.tensor("kernel", data.shape, data.dtype, *(([1 / SIDE**2], [0]) if whole else ((), ())), data=data)
    bias_type, scales = (np.int32, ([scale / SIDE**2], [0])) if whole else (np.float32, ((), ()))
    offset = threshold * SIDE**2 if not whole else threshold / scale * SIDE**2
    bias = graph.tensor("bias", (2,), bias_type, *scales, data=np.array([offset, 0]))
    scores = graph.tensor("scores", (1, 2), dtype, *(([0.01], [zero_point]) if whole else ((), ())))
    options = schema.FullyConnectedOptionsT()
    graph.operator("FULLY_CONNECTED", [image, kernel, bias], [scores], version=4 if whole else 1, options=options)
    return graph.bytes([image], [scores])


@pytest.fixture
def pictures(tmp_path):
    """Dark pictures below and light ones above 128, none far from it."""
    random = np.random.default_rng(1)
    made = np.concatenate([random.integers(60, 120, (20, 4, 4, 1)), random.integers(136, 196, (20, 4, 4, 1))])
    quadrant_models.write_folder(tmp_path / "pictures", made.astype(np.uint8), ["dark"] * 20 + ["light"] * 20)
    return tmp_path


def evaluate(place, content, *flags):
    (place / "theirs.tflite").write_bytes(content)
    given = [f"--model={place / 'theirs.tflite'}", f"--data={place / 'pictures'}", "--json", "--workers=1"]
    return quadrant_models.verb("evaluate", *given, *flags)


@pytest.mark.parametrize(
    ("content", "mean", "std"),
    [
        (light_or_dark(), [127.5], [127.5]),
        (light_or_dark(threshold=32), [64.0], [2.0]),
        (light_or_dark(np.int8, 1 / 128), [127.5], [127.5]),
        (light_or_dark(np.int8, 1 / 127.5), None, None),
        (light_or_dark(np.uint8, 1 / 128, 128), None, None),
        (light_or_dark(np.int8, 1 / 255, -128, threshold=0.5), None, None),
    ],
)
def test_what_the_file_says_of_its_input_is_executed(pictures, content, mean, std):
    labelled = foreign_metadata.write(content, mean=mean or (), std=std or (), labels="dark\nlight\n")
    done = evaluate(pictures, labelled)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["top1"] == 1.0
    assert found["normalization"]["source"] == ("metadata" if mean else "quantization")
    assert found["normalization"]["mean"] == mean or not mean


def test_a_float_file_that_says_nothing_is_told_by_flags(pictures):
    silent = foreign_metadata.write(light_or_dark(), labels="dark\nlight\n")
    done = evaluate(pictures, silent)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "right on 20 of 40 pictures" in done.stderr and "Say it: --mean=127.5 --std=127.5" in done.stderr
    raw = foreign_metadata.write(light_or_dark(threshold=128), labels="dark\nlight\n")
    found = json.loads(evaluate(pictures, raw).stdout)
    assert found["top1"] == 1.0 and "--mean and --std" in found["warnings"][0]
    given = [f"--model={pictures / 'theirs.tflite'}", f"--picture={next((pictures / 'pictures').rglob('*.png'))}"]
    for verb in ("predict", "explain"):
        done = quadrant_models.verb(verb, *given)
        assert done.returncode == 0 and "warning: no preprocessing contract" in done.stderr
        assert quadrant_models.verb(verb, *given, "--mean=0").stderr == ""
    assert json.loads(evaluate(pictures, silent, "--mean=127.5", "--std=127.5").stdout)["top1"] == 1.0
    done = evaluate(pictures, silent, "--mean=1,2", "--std=0")
    assert done.returncode == 1 and done.stderr.count("\n") == 1 and "2 means" in done.stderr
    done = evaluate(pictures, silent, "--mean=grey")
    assert done.returncode == 1 and done.stderr.startswith("error: --mean, --std: expected numbers")


@pytest.mark.parametrize(
    ("content", "mean", "std", "words"),
    [
        (light_or_dark(np.int8, 1.0, -128), [127.5], [127.5], "int8 holds -128 to 127"),
        (light_or_dark(np.int8, 0.05, 3), [], [], "no usual normalisation"),
        (light_or_dark(), [127.5], [0.0], "impossible"),
    ],
)
def test_what_cannot_be_right_is_refused_in_one_line(pictures, content, mean, std, words):
    done = evaluate(pictures, foreign_metadata.write(content, mean=mean, std=std, labels="dark\nlight\n"))
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert words in done.stderr and "--mean=127.5" in done.stderr


def test_benchmark_prepares_as_the_file_says_or_does_not_time_it(pictures):
    (pictures / "theirs.tflite").write_bytes(light_or_dark(np.int8, 0.05, 3))
    given = [f"--model={pictures / 'theirs.tflite'}", "--json", "--runs=5", "--min_seconds=0"]
    found = json.loads(quadrant_models.verb("benchmark", *given).stdout)
    assert found["stages_ms"]["preprocessing"] is None
    assert any("preprocessing was not timed" in warning for warning in found["warnings"])
    (pictures / "theirs.tflite").write_bytes(foreign_metadata.write(light_or_dark(), mean=[127.5], std=[127.5]))
    assert json.loads(quadrant_models.verb("benchmark", *given).stdout)["stages_ms"]["preprocessing"] > 0


def claiming(classes):
    """A file of a few hundred bytes that claims this many classes."""
    graph = tflite_samples.Graph()
    image, scores = graph.tensor("image", (1, SIDE, SIDE, 1)), graph.tensor("scores", (1, classes))
    graph.operator("RESHAPE", [image], [scores])
    return graph.bytes([image], [scores])


@pytest.mark.parametrize(("classes", "words"), [(2_000_000_000, "claims 8,000,000,000 bytes"), (50_000_000, "classes")])
@pytest.mark.parametrize("verb", ["evaluate", "benchmark"])
def test_claimed_sizes_are_not_believed(pictures, classes, words, verb):
    if (verb, words) == ("benchmark", "classes"):
        words = "cannot prepare it"
    (pictures / "liar.tflite").write_bytes(claiming(classes))
    given = [f"--model={pictures / 'liar.tflite'}", "--json"]
    given += [f"--data={pictures / 'pictures'}"] if verb == "evaluate" else ["--runs=2"]
    done = quadrant_models.verb(verb, *given)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert words in done.stderr


def test_names_from_a_file_do_not_steer_the_terminal(pictures):
    labels = "dark\nli\x1b[31m\u202eght\x9b\n"
    (pictures / "pictures" / "light").rename(pictures / "pictures" / "1")
    (pictures / "pictures" / "dark").rename(pictures / "pictures" / "0")
    for flags in ([], ["--json"]):
        (pictures / "theirs.tflite").write_bytes(
            foreign_metadata.write(light_or_dark(), mean=[127.5], std=[127.5], labels=labels)
        )
        given = [f"--model={pictures / 'theirs.tflite'}", f"--data={pictures / 'pictures'}", "--workers=1"]
        done = quadrant_models.verb("evaluate", *given, *flags)
        assert done.returncode == 0, done.stderr
        assert not set("\x1b\x9b\u202e") & set(done.stdout + done.stderr)
    assert json.loads(done.stdout)["per_class"][1]["label"] == "li\x1b[31m\u202eght\x9b"
