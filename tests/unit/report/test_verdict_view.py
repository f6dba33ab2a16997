import dataclasses
import io
import json
import pathlib

import pytest
import work_folders

from tfl_lite_suite.core.terminal import Style
from tfl_lite_suite.report import recorded_run, verdict_view
from tfl_lite_suite.run.verdict import SeveralLabels


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    folder = work_folders.make(tmp_path_factory.mktemp("verdict") / "w")
    results = json.loads((folder / "results.json").read_text())
    del results["budget"]
    results["ledger"][1]["runtime"] = "litert 2.3"
    work_folders.write(folder / "results.json", results)
    return recorded_run.read(folder).verdict


def test_the_same_facts_everywhere(found):
    words = dict(verdict_view.facts(found))
    assert words["ship"].endswith("w/convert/int8_ptq/int8_ptq.tflite")
    assert words["accuracy"].startswith("75.00 % of 12 test pictures (95 %: ")
    assert words["against float"] == "-10.00 points (95 %: -15.00 … -5.00), a loss; 25 % of the size"
    assert words["latency"] == "1.25 ms with litert 2.3 on this machine"
    plain, page, marked = (
        verdict_view.terminal(found, Style(io.StringIO())),
        verdict_view.html(found),
        verdict_view.markdown(found),
    )
    for shown in (plain, page, marked):
        assert "12 test pictures are few" in shown and "tfl_lite_suite.predict" in shown
    assert "```bash\n   python -m tfl_lite_suite.predict" in marked


def test_a_command_can_be_copied_from_the_terminal(found, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.executable", str(tmp_path / ".venv" / "bin" / "python"))
    assert "\n     .venv/bin/python -m tfl_lite_suite.predict" in verdict_view.terminal(found, Style(io.StringIO()))


def test_class_names_neither_steer_a_terminal_nor_break_out_of_a_page(found):
    nasty = dataclasses.replace(found.baseline, commonest="\x1b[31m<script>\nx")
    of_it = dataclasses.replace(found, baseline=nasty, worries=("never answered: \x1b[31m<script>\nx",))
    assert "\x1b[31m" not in verdict_view.terminal(of_it, Style(io.StringIO()))
    assert "<script" not in verdict_view.html(of_it)
    assert "\nx" not in verdict_view.markdown(of_it)


def test_only_a_terminal_gets_colours(found, monkeypatch):
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    terminal = io.StringIO()
    terminal.isatty = lambda: True
    assert "\x1b[1m" in verdict_view.terminal(found, Style(terminal))
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in verdict_view.terminal(found, Style(terminal))
    assert pathlib.Path(found.path).name == "int8_ptq.tflite"


def test_several_labels_a_picture_are_judged_by_all_of_them(found):
    several = SeveralLabels(mean_average_precision=0.91, micro_f1=0.82, exact_match=0.73)
    words = dict(verdict_view.facts(dataclasses.replace(found, several_labels=several)))
    assert words["all classes"] == "mAP 91.00 %, micro F1 82.00 %, exactly the right ones on 73.00 %"
    assert words["surest class"].startswith("right on 75.00 % of 12") and "accuracy" not in words
