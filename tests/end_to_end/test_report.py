import json
import pathlib
import re
import subprocess
import sys

import pytest
import tflite_samples
import tool_modules
import work_folders
from places import ROOT

from tfl_lite_suite import report


def browser_check():
    return tool_modules.load("check_report")


def verb(*flags):
    command = [sys.executable, "-m", "tfl_lite_suite.report", *map(str, flags)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture
def folder(tmp_path):
    return work_folders.make(tmp_path / "w")


def test_the_page_is_whole_loads_nothing_and_holds_no_foreign_tag(folder):
    found = report.write([folder])
    page = pathlib.Path(found.report).read_text()
    assert found.report == str(folder / "report.html") and found.bytes == len(page.encode())
    assert not re.search(r"https?://|@import|<link|url\(", page)
    assert not any(breaker in page for breaker in work_folders.PAGE_BREAKERS)
    for heading in ("Results", "Budget", "What each step cost", "Answers that flipped", "Training", "Recipe", "Hashes"):
        assert f"<h2>{heading}</h2>" in page
    assert [model.number for model in found.models] == [1, 2, 3, 4]


def test_tables_are_markdown_too(folder):
    text = pathlib.Path(report.write([folder]).markdown).read_text()
    assert "\n| 4 | int8_ptq, bias correction | litert 2.3 | 75.00 % | 100.00 % | 1.00 kB | 1.25 ms |" in text
    assert "\n| int8_ptq | TensorFlow | 80.00 % | train | -10.00 (-15.00 … -5.00), a loss | 50.00 % | 6 |" in text


def test_what_is_gone_is_a_note_and_the_report_is_written(folder):
    notes = report.write([folder]).notes
    assert any("pictures are named but not shown: data.source: no such folder" in note for note in notes)
    assert any("the operators of int8_ptq are not shown" in note for note in notes)


def test_flipped_pictures_are_shown(tmp_path):
    folder = work_folders.make(tmp_path / "w", work_folders.pictures(tmp_path / "source"))
    flips = [{"key": "test/one/1.png", "label": "one", "before": "one", "after": "two"}]
    work_folders.write(folder / "flips.json", [{"name": "int8_ptq", "runtime": "litert 2.3", "flips": flips}])
    page = pathlib.Path(report.write([folder]).report).read_text()
    assert page.count('src="data:image/png;base64,') == 1 and "one → two, lost: 4" in page


def test_operators_of_the_files(folder):
    path = folder / "convert" / "int8_ptq" / "int8_ptq.tflite"
    path.parent.mkdir(parents=True)
    path.write_bytes(tflite_samples.int8_classifier())
    assert "Most expensive operators" in pathlib.Path(report.write([folder]).report).read_text()


def test_several_folders_side_by_side_without_tensorflow(folder, tmp_path):
    other = work_folders.make(tmp_path / "other", "elsewhere")
    done = verb(f"--workdir={folder},{other}", f"--output={tmp_path / 'both.html'}", "--json")
    found = json.loads(done.stdout)
    assert done.returncode == 0 and len(found["models"]) == 8 and found["markdown"] == str(tmp_path / "both.md")
    page = (tmp_path / "both.html").read_text()
    assert "data.source" in page and "<th>other</th>" in page


@pytest.mark.parametrize("workdir", ["no/such/folder", str(ROOT / "docs")])
def test_a_mistake_is_one_line(workdir):
    done = verb(f"--workdir={workdir}", "--json")
    assert (done.returncode, done.stdout) == (1, "") and done.stderr.startswith("error: --workdir: no ")


def test_text_names_every_model_and_the_page(folder):
    done = verb(f"--workdir={folder}")
    assert "int8_ptq" in done.stdout and str(folder / "report.html") in done.stdout and "1.25 ms" in done.stdout


@pytest.mark.skipif(browser_check().browser() is None, reason="needs chromium")
def test_a_browser_shows_it_on_desktop_and_phone_without_a_request(tmp_path):
    folder = work_folders.make(tmp_path / "w", work_folders.pictures(tmp_path / "source"))
    found = report.write([folder, work_folders.make(tmp_path / "other")])
    assert browser_check().check_all([pathlib.Path(found.report)], tmp_path) == []
    wide = tmp_path / "wide.html"
    wide.write_text('<meta charset="utf-8"><img src="http://127.0.0.1:9/x.png"><div style="width:2000px">x</div>')
    problems = "\n".join(browser_check().check_all([wide]))
    assert "asks for http://127.0.0.1:9/x.png" in problems and "wider than 390 px" in problems
    assert (tmp_path / "report_390.png").stat().st_size > 10_000
