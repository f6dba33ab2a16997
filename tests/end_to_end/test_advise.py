import json
import subprocess
import sys

import pytest
import work_folders

from tfl_lite_suite import advise
from tfl_lite_suite.advise import devices
from tfl_lite_suite.core import recipe

CHECK = ("--max_bytes=1500000", "--max_ms=5", "--min_top1=0.6")


def verb(*flags):
    code = (
        "import runpy, sys\n"
        f"sys.argv = ['advise', *{list(map(str, flags))!r}]\n"
        "try:\n"
        "    runpy.run_module('tfl_lite_suite.advise', run_name='__main__', alter_sys=True)\n"
        "finally:\n"
        "    assert 'tensorflow' not in sys.modules\n"
    )
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)


def test_limits_give_a_ranked_list_with_evidence():
    done = verb(*CHECK, f"--device={devices.REFERENCE}", "--json")
    found = json.loads(done.stdout)
    assert done.returncode == 0
    best = found["choices"][0]
    assert best["evidence"]["bytes"]["value"] <= 1.5e6 and best["evidence"]["ms"]["value"] <= 5
    assert best["evidence"]["top1"]["value"] >= 0.6 and "https://" in best["evidence"]["top1"]["source"]
    assert found["choices"] == sorted(found["choices"], key=lambda row: -row["score"])
    broken = {row["model"]: row["why"] for row in found["rejected"]}
    assert "max_bytes: " in broken["vgg16 1 at 224 px, int8"]
    assert all("top1" not in row["evidence"] and "never measured" in row["why"] for row in found["unmeasured"])
    assert found["relax"] == [] and found["device"]["latency_error"]["litert int8"] < 0.2


def test_impossible_limits_say_which_to_relax_and_by_how_much():
    found = json.loads(verb("--max_bytes=3000000", "--min_top1=0.75", "--json").stdout)
    assert found["choices"] == []
    needed = {row["limit"]: row for row in found["relax"]}
    assert needed["min_top1"]["needed"] < 0.75 and needed["max_bytes"]["needed"] > 3e6
    assert needed["max_bytes"]["by"] == needed["max_bytes"]["needed"] - 3e6


def test_a_work_folder_counts_for_its_own_data(tmp_path):
    folder = work_folders.make(tmp_path / "w", "pictures")
    found = advise.advise({"min_top1": 0.7}, "mobile", data="pictures", classes=3, workdirs=[str(folder)])
    assert [row.compression for row in found.choices] == ["int8_ptq", "float32"]
    assert found.choices[0].evidence["top1"].basis == "measured"
    assert (
        recipe.dump(recipe.Recipe("made_up", recipe.Data("pictures", 32), recipe.Model("mobilenet_v2")))
        == found.choices[0].recipe
    )


def test_data_that_was_never_measured_is_told():
    found = advise.advise({}, "mobile", data="nowhere")
    assert found.choices == () and "nothing was ever measured on 'nowhere'" in found.notes[-1]


def test_fps_is_a_latency_and_the_files_are_written(tmp_path):
    done = verb("--fps=100", "--min_top1=0.6", f"--html={tmp_path / 'a.html'}", f"--output={tmp_path / 'next.yaml'}")
    assert done.returncode == 0, done.stderr
    assert recipe.load(tmp_path / "next.yaml").budget.max_ms == 10.0
    assert "<h2>Choices</h2>" in (tmp_path / "a.html").read_text() and "no.  model" in done.stdout


def test_without_a_choice_there_is_no_recipe_but_the_advice_all_the_same(tmp_path):
    done = verb("--max_bytes=3000000", "--min_top1=0.75", f"--output={tmp_path / 'next.yaml'}")
    assert done.returncode == 1 and "--min_top1=" in done.stdout and done.stderr.startswith("error: --output: ")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("flag", ["--priority=speed", "--device=missing.json", "--workdir=missing", "--min_top1=2"])
def test_a_mistake_is_one_line(flag):
    done = verb(flag, "--json")
    assert (done.returncode, done.stdout) == (1, "") and done.stderr.count("\n") == 1
    assert done.stderr.startswith(f"error: {flag.partition('=')[0]}")
