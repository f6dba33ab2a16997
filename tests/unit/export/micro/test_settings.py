import json
import subprocess

import cpp
import numpy as np
import pytest
from places import GOLDEN, ROOT

from tfl_lite_suite.core import contract as contracts
from tfl_lite_suite.core import decision as decisions
from tfl_lite_suite.core.contract import Contract
from tfl_lite_suite.core.decision import Decision
from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.export.micro import settings
from tfl_lite_suite.runtime import pixels
from tfl_lite_suite.tflite.graph import TensorSpec
from tfl_lite_suite.tflite.normalization import RAW, Normalization

PREPARE = """
#include <cstdio>
#include "preparation.h"
#include "settings.h"
using namespace tfl_lite_suite;
static uint8_t frame[kFrameHeight * kFrameWidth * kFrameChannels];
static uint8_t tensor[kHeight * kWidth * kChannels];
int main() {
  if (std::fread(frame, 1, sizeof(frame), stdin) != sizeof(frame)) return 1;
  PrepareFrame(frame, tensor);
  std::fwrite(tensor, 1, sizeof(tensor), stdout);
}
"""
DECIDE = """
#include <cstdio>
#include "decision.h"
using namespace tfl_lite_suite;
int main() {
  int multi, given, classes, with_thresholds, reject;
  Decision d;
  static double scores[4096], thresholds[4096], probabilities[4096];
  static bool answered[4096];
  while (std::scanf("%d %d %la %d %d %la %d", &multi, &given, &d.temperature, &with_thresholds, &reject,
                    &d.reject_threshold, &classes) == 7) {
    for (int i = 0; i < classes; ++i) std::scanf("%la", &scores[i]);
    for (int i = 0; i < classes && with_thresholds; ++i) std::scanf("%la", &thresholds[i]);
    d.multi = multi;
    d.gives_probabilities = given;
    d.thresholds = with_thresholds ? thresholds : nullptr;
    d.reject = static_cast<RejectScore>(reject);
    std::printf("%d", Decide(d, scores, classes, probabilities, answered));
    for (int i = 0; i < classes; ++i) std::printf(" %d:%a", answered[i], probabilities[i]);
    std::printf("\\n");
  }
}
"""
OUTPUT = TensorSpec("y", (1, 3), "int8", scales=(0.1,), zero_points=(-3,))
INDEX = json.loads((GOLDEN / "index.json").read_text(encoding="utf-8"))["cases"]


def number(value):
    """A number of a golden file, in which JSON's null and texts stand for NaN and the infinities."""
    return float("nan") if value is None else float(value)


def encoder(dtype="uint8", scale=1.0, zero_point=None, normalization=RAW, channels=1):
    zero_point = {"int8": -128}.get(dtype, 0) if zero_point is None else zero_point
    spec = TensorSpec("x", (1, 1, 1, channels), dtype, scales=(scale,), zero_points=(zero_point,))
    return pixels.encoder(spec, normalization)


def header(contract, frame, dtype="uint8", output=OUTPUT, **input):
    return settings.header(contract, Decision(), frame, encoder(dtype, **input), output, 1000)


@cpp.needs_compiler
@pytest.mark.parametrize("case", INDEX[:: max(1, len(INDEX) // 12)], ids=lambda case: case["tensor"])
def test_golden_tensors_are_bit_identical(tmp_path, case):
    contract = contracts.from_json(json.dumps(case["contract"]))
    frame = (case["pixels_height"], case["pixels_width"], contract.channels)
    program = cpp.compile(tmp_path, PREPARE, "preparation.cc", settings=header(contract, frame))
    picture = (GOLDEN / case["pixels"]).read_bytes()
    made = subprocess.run([program], input=picture, capture_output=True, check=True).stdout
    assert made == (GOLDEN / case["tensor"]).read_bytes()


@cpp.needs_compiler
def test_an_rgb_frame_for_a_grey_model_of_signed_pixels(tmp_path):
    frame = np.random.default_rng(0).integers(0, 256, (9, 7, 3), np.uint8)
    text = header(Contract(9, 7, 1, 9, 7), frame.shape, "int8")
    program = cpp.compile(tmp_path, PREPARE, "preparation.cc", settings=text)
    made = subprocess.run([program], input=frame.tobytes(), capture_output=True, check=True).stdout
    red, green, blue = np.moveaxis(frame.astype(np.int32), 2, 0)
    grey = ((19595 * red + 38470 * green + 7471 * blue + 32768) >> 16).astype(np.uint8)
    assert made == (grey ^ 0x80).tobytes()


@cpp.needs_compiler
def test_an_input_that_wants_its_pixels_normalised(tmp_path):
    frame = np.random.default_rng(0).integers(0, 256, (9, 7, 3), np.uint8)
    theirs = Normalization((123.675, 116.28, 103.53), (58.395, 57.12, 57.375), "metadata")
    input = {"scale": 0.02, "zero_point": -9, "normalization": theirs, "channels": 3}
    text = header(Contract(9, 7, 3, 9, 7), frame.shape, "int8", **input)
    program = cpp.compile(tmp_path, PREPARE, "preparation.cc", settings=text)
    made = subprocess.run([program], input=frame.tobytes(), capture_output=True, check=True).stdout
    assert made == encoder("int8", **input).encode(frame).tobytes()
    assert made != (frame ^ 0x80).tobytes()


@cpp.needs_compiler
def test_decisions_are_those_of_python(tmp_path):
    kinds = ["none", "max_probability", "margin", "entropy", "energy"]
    lines, expected = [], []
    for case in json.loads((ROOT / "tests/golden_decisions.json").read_text(encoding="utf-8"))["cases"]:
        decision = decisions.from_json(json.dumps(case["decision"]))
        head = [int(decision.mode == "multi"), int(decision.scores == "probabilities"), float.hex(decision.temperature)]
        head += [int(bool(decision.thresholds)), kinds.index(decision.reject.score)]
        head += [float.hex(float(decision.reject.threshold))]
        for frame in case["frames"]:
            raw = np.array([number(value) for value in frame["raw"]], np.float32)
            scores = (raw - case["zero_point"]) * np.float32(case["scale"])
            numbers = [float.hex(float(value)) for value in (*scores, *decision.thresholds)]
            lines.append(" ".join(map(str, [*head, len(scores), *numbers])))
            answered = [label in frame["answered"] for label in range(len(scores))]
            expected.append((frame["top"], answered, [number(value) for value in frame["probabilities"]]))
    program = cpp.compile(tmp_path, DECIDE, "decision.cc")
    printed = subprocess.run([program], input="\n".join(lines), capture_output=True, text=True, check=True).stdout
    made = []
    for line in printed.splitlines():
        top, *rest = line.split()
        pairs = [item.split(":") for item in rest]
        made.append((int(top), [flag == "1" for flag, _ in pairs], [float.fromhex(value) for _, value in pairs]))
    assert len(made) == len(expected) >= 1000
    for one, other in zip(made, expected, strict=True):
        assert one[:2] == other[:2]
        np.testing.assert_array_equal(one[2], other[2])


def test_floats_are_refused_and_labels_are_literals():
    with pytest.raises(SuiteError, match="not supported by tflm: an input of type float32"):
        header(Contract(4, 4, 1, 4, 4), (4, 4, 1), "float32")
    text = header(Contract(4, 4, 1, 4, 4, labels=("cat", 'a"b', "猫")), (4, 4, 1))
    assert r'kLabels[] = {"cat", "a\"b", "\347\214\253"}' in text
