import json
import pathlib
import subprocess
import sys

import pytest

TOOL = pathlib.Path(__file__).resolve().parents[2] / "tools" / "fuzz.py"
sys.path.insert(0, str(TOOL.parent))
import fuzz  # noqa: E402
import fuzz_java  # noqa: E402
import fuzz_readers  # noqa: E402

from tfl_lite_suite.core.errors import SuiteError  # noqa: E402

EXECUTIONS = 150
# Few damaged contracts are still read.
MORE = {"contract": 500}


@pytest.mark.parametrize("name", fuzz_readers.READERS)
def test_no_reader_is_surprised_by_damaged_files(name):
    if name.startswith("java_") and not fuzz_java.installed():
        pytest.skip("needs a Java compiler")
    executions = MORE.get(name, EXECUTIONS)
    outcome = fuzz.fuzz(name, executions, seed=3, memory=1 << 30)
    assert outcome.findings == {}, outcome.first
    assert sum(outcome.kinds.values()) == executions and len(outcome.kinds) == 2


def test_what_a_reader_does_is_told_apart(monkeypatch):
    def read(path):
        number = len(path.read_bytes()) % 6
        if number == 1:
            raise SuiteError("refused")
        if number == 2:
            raise KeyError("x")
        if number == 3:
            import os

            os.kill(os.getpid(), 11)
        if number == 4:
            bytearray(1 << 31)
        while number == 5:
            pass

    of_length = (lambda random, data, others: bytes(random.randrange(600)),)
    reader = fuzz_readers.Reader(lambda: [bytes(6)], read, of_length, ".x")
    monkeypatch.setitem(fuzz_readers.READERS, "made_up", reader)
    monkeypatch.setattr(fuzz, "SECONDS", 0.05)
    first = fuzz.fuzz("made_up", 40, seed=0, memory=1 << 28)
    kinds = {kind.partition(" at ")[0] for kind in first.findings}
    assert kinds == {"KeyError", "MemoryError", "death SIGSEGV", "hang over 0.05 s"}
    assert sum(first.kinds.values()) == 40
    assert fuzz.fuzz("made_up", 40, seed=0, memory=1 << 28).kinds == first.kinds
    number = first.first["death SIGSEGV"]
    assert len(fuzz.mutated("made_up", 0, number, [bytes(6)])) % 6 == 3


@pytest.mark.skipif(not fuzz_java.installed(), reason="needs a Java compiler")
def test_what_java_makes_of_a_file_is_told(tmp_path):
    path = tmp_path / "x"
    path.write_bytes(b'{"a": [1]}')
    fuzz_java.read("java_json", path)
    with pytest.raises(SuiteError, match="refused"):
        fuzz_java.read("java_zip", _with_damaged_archive(path))
    with pytest.raises(fuzz_java.FoundByJavaError, match=r"AssertionError at FuzzedReader.java:\d+"):
        fuzz_java.read("java_nothing", path)


def _with_damaged_archive(path):
    path.write_bytes(b"PK\5\6" + bytes(6) + b"\1\0" + bytes(10))
    return path


def test_the_command_line(tmp_path):
    done = subprocess.run([sys.executable, TOOL, "--readers=none"], capture_output=True, text=True)
    assert done.returncode == 1 and "unknown reader 'none'. Known: " in done.stderr
    results = tmp_path / "fuzz.json"
    results.write_text('{"tflite": {}}')
    done = subprocess.run(
        [sys.executable, TOOL, "--readers=predictions", "--executions=50", f"--results={results}"],
        capture_output=True,
        text=True,
    )
    kept = json.loads(results.read_text())
    assert set(kept) == {"tflite", "predictions"} and kept["predictions"]["findings"] == {}
    assert kept["predictions"]["read"] + kept["predictions"]["refused"] == 50
    assert done.returncode == 0 and done.stdout.startswith("predictions: 50 executions in ")
