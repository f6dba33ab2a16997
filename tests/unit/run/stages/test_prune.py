import run_states

from tfl_lite_suite.run import stages
from tfl_lite_suite.run.stage_results import Pruned
from tfl_lite_suite.run.state import KerasModel

RESULTS = {"params_before": 2000, "params_after": 1000, "macs_before": 9000, "macs_after": 5000, "top1_before": 0.9}


def test_the_pruned_network_replaces_its_source(tmp_path):
    state = run_states.state(tmp_path)
    state.float_model = KerasModel("train", "x.keras")
    run_states.answered(tmp_path / "prune")
    stages.get("prune").take(state, run_states.step("prune"), [RESULTS])
    assert state.float_model.step == "prune" and state.entries[0].source == "train"


def test_outcome():
    words = "parameters 2,000 → 1,000, multiply-adds 9,000 → 5,000; top-1 90.00 % → –"
    assert stages.get("prune").outcome(Pruned(**RESULTS)) == words
