"""What the tools that measure figures of the documentation make of what they are given."""

import json
import sys
import zipfile

import pytest
import tool_modules
from places import ROOT

from tfl_lite_suite.core.errors import SuiteError

sys.path.insert(0, str(ROOT / "tools"))

import check_docs  # noqa: E402


def test_the_error_of_an_estimate_is_relative_and_what_was_not_measured_does_not_count():
    spread = tool_modules.load("check_estimates").spread([(11, 10), (9, 10), (5, 10), (1, None)])
    assert spread["measurements"] == 3
    assert spread["median_error"] == pytest.approx(0.1) and spread["largest_error"] == pytest.approx(0.5)


def test_the_compilers_report_is_read():
    counts = tool_modules.load("measure_npu").counts
    assert counts("Subgraph 0 fully compiled:\t18 / 20 ops offloaded to 2 partitions.") == {
        "on_npu": 18, "operators": 20, "partitions": 2,
    }  # fmt: skip
    with pytest.raises(SuiteError, match="no partitions: failed"):
        counts("failed")


def test_what_the_libraries_of_an_app_take(tmp_path):
    apk = tmp_path / "a.apk"
    with zipfile.ZipFile(apk, "w") as archive:
        archive.writestr("lib/x86/libtensorflowlite_gpu_jni.so", b"1" * 30)
        archive.writestr("lib/x86/other.so", b"1" * 12)
        archive.writestr("assets/model.tflite", b"1" * 7)
        archive.writestr("classes.dex", b"1" * 5)
    found = tool_modules.load("android/apk_sizes").sizes(apk)
    assert found["libraries"] == {"x86": {"compressed": 42, "installed": 42, "installed_gpu": 30}}
    assert (found["model"], found["others"]) == (7, 5)


def test_what_the_apps_test_prints_becomes_rows(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "tools" / "android"))
    rows = tool_modules.load("android/measure_parity").rows
    line = (
        "parity, XNNPACK: 500 pictures, tensors identical, top-1 same on 431, outputs identical on 7, "
        "within 2 steps on 9, largest difference 13.0"
    )
    (row,) = rows("int8", f"noise\n{line}\n")
    assert (row["kernels"], row["top1_same"], row["outputs_identical"], row["largest_difference"]) == (
        "XNNPACK", 431, 7, 13.0,
    )  # fmt: skip
    assert rows("float32", line)[0]["largest_difference"] == pytest.approx(0.013)


def test_only_commands_that_failed_are_run_again(tmp_path):
    results = tmp_path / "results.jsonl"
    assert check_docs.succeeded(results) == set()
    documents = [{"command": "a", "status": 1}, {"command": "a", "status": 0}, {"command": "b", "status": 1}]
    results.write_text("".join(json.dumps(document) + "\n" for document in documents))
    assert check_docs.succeeded(results) == {"a"}
