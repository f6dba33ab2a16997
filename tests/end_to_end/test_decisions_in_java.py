"""The app's pure classes decide as Python does; needs a Java compiler alone, unlike the tests of the whole app."""

import shutil
import subprocess

import pytest
from places import ROOT

SOURCES = ROOT / "android_demo/app/src"
CORE = "java/org/tflitesuite/demo/core"


@pytest.mark.skipif(not shutil.which("javac"), reason="needs a Java compiler")
def test_a_thousand_golden_decisions_are_equal(tmp_path):
    sources = [*sorted((SOURCES / "main" / CORE).glob("*.java")), SOURCES / "test" / CORE / "GoldenDecisions.java"]
    subprocess.run(["javac", "--release", "8", "-Xlint:-options", "-d", tmp_path, *sources], check=True)
    golden = tmp_path / "decisions.json"
    text = (ROOT / "tests/golden_decisions.json").read_text()
    golden.write_text(text)
    assert run(tmp_path).stdout.strip() == "1000 equal"
    golden.write_text(text.replace('"top": 1,', '"top": 0,', 1))
    assert "AssertionError: top: expected 0" in run(tmp_path).stderr


def run(folder):
    command = ["java", "-cp", folder, "org.tflitesuite.demo.core.GoldenDecisions", folder / "decisions.json"]
    return subprocess.run(command, capture_output=True, text=True, check=False)
