"""What `tools/pi` computes from what the emulated machine answered; the emulation itself is no test of every day."""

import pathlib

import numpy as np
import pytest
from places import ROOT


@pytest.fixture
def tools(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "tools" / "pi"))
    import compare_emulated
    import operator_differences

    return compare_emulated, operator_differences


def answers(steps, digest="a", top1=0.5):
    return {"input_sha256": digest, "top1": top1}, np.array(steps, np.int64)


def test_two_machines_are_compared(tools):
    found = tools[0].compare(answers([[1, 2], [3, 0], [5, 5]]), answers([[1, 2], [2, 4], [5, 5]], top1=1.0))
    assert (found["images"], found["input_tensors_identical"]) == (3, True)
    assert found["top1_agreement"] == found["output_tensors_identical"] == pytest.approx(2 / 3)
    assert found["output_values_identical"] == pytest.approx(4 / 6)
    assert found["largest_difference_steps"] == 4
    assert not tools[0].compare(answers([[1, 2]]), answers([[1, 2]], "b"))["input_tensors_identical"]


def test_equal_scores_agree_by_the_first(tools):
    assert tools[0].compare(answers([[7, 7]]), answers([[7, 6]]))["top1_agreement"] == 1.0


def test_a_repeated_comparison_takes_the_place_of_the_old(tools):
    entries = []
    for name, value in (("b", 1), ("a", 2), ("b", 3)):
        tools[0].replace(entries, {"name": name, "value": value}, ("name",))
    assert entries == [{"name": "a", "value": 2}, {"name": "b", "value": 3}]


def test_the_emulated_python_takes_its_cpu_from_the_session(tools, tmp_path):
    (tmp_path / "root" / "usr" / "bin").mkdir(parents=True)
    (tmp_path / "root" / "usr" / "bin" / "python3.11").touch()
    folder = tools[0].write_python(tmp_path / "a folder", pathlib.Path("/q emu"), tmp_path / "root")
    line = (folder / "python3").read_text().splitlines()[1]
    assert line.startswith("exec '/q emu' -cpu \"$EMULATED_CPU\" -L ") and line.endswith('usr/bin/python3.11 "$@"')


def test_only_operators_with_equal_inputs_are_blamed(tools):
    operators = [("CONV_2D", [0], [1]), ("ADD", [1], [2])]
    here = {"0": np.zeros((2, 4), np.int8), "1": np.zeros((2, 4), np.int8), "2": np.zeros((2, 4), np.int8)}
    there = {name: tensor.copy() for name, tensor in here.items()}
    there["1"][0, 3] = 3
    there["2"][:, 0] = 1
    assert tools[1].differences(operators, here, there) == {
        "CONV_2D": {"compared": 2, "different": 1, "largest_difference_steps": 3},
        "ADD": {"compared": 1, "different": 1, "largest_difference_steps": 1},
    }
