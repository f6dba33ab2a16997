"""The built wheel, installed away from the checkout."""

import json
import os
import subprocess
import sys

import pytest
import tool_modules

check_package = tool_modules.load("check_package")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    return check_package.build(tmp_path_factory.mktemp("dist"))[1]


@pytest.fixture(scope="module")
def run(wheel, tmp_path_factory):
    """Runs a verb of the installed wheel from an empty folder."""
    site, here = tmp_path_factory.mktemp("site"), tmp_path_factory.mktemp("elsewhere")
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(site), str(wheel)]
    subprocess.run(command, check=True)
    environment = {**os.environ, "PYTHONPATH": str(site)}

    def run(*arguments):
        command = [sys.executable, str(site / "bin" / "tfl-lite-suite"), *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=False, cwd=here, env=environment)

    return run


def test_the_wheel_holds_the_whole_package(wheel):
    assert check_package.missing(wheel) == []


def test_recipes_are_found_by_name(run):
    done = run("run", "--recipe=quickstart_fashion_mnist", "--dry_run", "--workdir=work", "--json")
    assert done.returncode == 0, done.stderr
    assert [row["stage"] for row in json.loads(done.stdout)["plan"]][:2] == ["train", "quantize"]
    listed = json.loads(run("run", "--list", "--json").stdout)["recipes"]
    assert "photos_transfer" in [recipe["name"] for recipe in listed]


def test_advice_has_the_measured_results(run):
    done = run("advise", "--data=fashion_mnist", "--min_top1=0.85", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["choices"]


def test_the_notebook_can_be_had(run):
    done = run("init", "--notebook=quickstart.ipynb")
    assert (done.returncode, done.stdout) == (0, "wrote quickstart.ipynb\n"), done.stderr


def test_summary_works(run):
    done = run("summary", "--model=mobilenet_v1", "--json")
    assert json.loads(done.stdout)[0]["params"] == 4_253_864, done.stderr
