import run_states

from tfl_lite_suite.run import stages
from tfl_lite_suite.run.stage_results import Trained


def test_the_network_is_the_baseline_and_what_later_steps_take(tmp_path):
    state, stage = run_states.state(tmp_path), stages.get("train")
    run_states.answered(tmp_path / "train")
    stage.take(state, run_states.step("train"), [{"top1": 1.0}])
    assert state.results == {"train": {"top1": 1.0}} and state.float_model.step == "train"
    assert [(entry.name, entry.source, entry.is_baseline) for entry in state.entries] == [("train", None, True)]


def test_a_second_training_goes_on_from_the_first(tmp_path):
    state, stage = run_states.state(tmp_path), stages.get("train")
    for name in ("train", "train_2"):
        run_states.answered(tmp_path / name)
        stage.take(state, run_states.step("train", name), [{"top1": 1.0}])
    assert [(entry.source, entry.is_baseline) for entry in state.entries] == [(None, True), ("train", False)]


def test_outcome():
    results = {"model": "micro", "params": 9876, "epochs": 2, "images": {"train": 30, "test": 4}, "top1": 0.75}
    words = "micro: 9,876 parameters, 2 epochs on 30 images; top-1 75.00 % on 4"
    assert stages.get("train").outcome(Trained.from_document(results)) == words


def test_outcome_of_transfer_tells_the_baseline_and_what_was_kept():
    results = {
        "model": "mobilenet_v2",
        "params": 9,
        "epochs": 2,
        "images": {"train": 30, "test": 4},
        "top1": 0.75,
        "balanced_accuracy": 0.5,
        "linear_probe": {"top1": 0.7, "balanced_accuracy": 0.45},
        "transfer": {"reason": "the fine-tuned network is kept"},
    }
    assert (
        stages.get("train")
        .outcome(Trained.from_document(results))
        .endswith(
            "top-1 75.00 % on 4 (linear probe 70.00 %); balanced accuracy 50.00 % (linear probe 45.00 %). "
            "The fine-tuned network is kept"
        )
    )
