import pytest

from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.export import foreign_converter


def test_a_converter_that_writes_its_file(tmp_path):
    output = tmp_path / "x"
    foreign_converter.run(["-c", "import sys; open(sys.argv[1], 'w').write('x')", str(output)], output, "mnn")
    assert output.read_text() == "x"


@pytest.mark.parametrize(
    ("code", "message"),
    [
        (
            "print('Error: no such operator'); print('bye'); raise SystemExit(2)",
            "converter failed: Error: no such oper",
        ),
        ("pass", "converter failed: it printed nothing"),
        ("import os; os.kill(os.getpid(), 11)", "converter was killed by signal 11"),
    ],
)
def test_what_a_failure_says(tmp_path, code, message):
    with pytest.raises(SuiteError, match=f"^not supported by mnn: its {message}"):
        foreign_converter.run(["-c", code], tmp_path / "x", "mnn")


def test_a_converter_that_hangs(tmp_path, monkeypatch):
    monkeypatch.setattr(foreign_converter, "_SECONDS", 0.5)
    with pytest.raises(SuiteError, match=r"took longer than 0.5 s"):
        foreign_converter.run(["-c", "import time; time.sleep(60)"], tmp_path / "x", "mnn")


def test_a_missing_converter_names_the_extra():
    with pytest.raises(SuiteError, match=r"no_such_module is not installed.*tfl-lite-suite\[engines\]"):
        foreign_converter.require("no_such_module", "mnn")
