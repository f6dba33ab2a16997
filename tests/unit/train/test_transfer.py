import dataclasses

import keras_samples
import numpy as np
import pytest

from tfl_lite_suite.core.framework import keras
from tfl_lite_suite.core.recipe import Augment, Data, Model, Recipe, Train
from tfl_lite_suite.core.work_folder import Stage
from tfl_lite_suite.train import transfer
from tfl_lite_suite.train.distribution import here
from tfl_lite_suite.train.loop import accuracy_function
from tfl_lite_suite.train.losses import loss_by_labels
from tfl_lite_suite.train.result import JudgedNetwork
from tfl_lite_suite.train.transfer import Transfer


def _rows(*pairs):
    return [
        JudgedNetwork(
            share=index / (len(pairs) - 1), top1=top1, balanced_accuracy=top1, macro_f1=top1, loss=0.0, cost=cost
        )
        for index, (top1, cost) in enumerate(pairs)
    ]


def test_the_least_cost_is_chosen_unless_more_answers_are_wrong():
    assert transfer.choose(_rows((0.8, 0.9), (0.85, 0.7), (0.9, 0.8)), "top1").share == 0.5
    assert transfer.choose(_rows((0.8, 0.9), (0.79, 0.1), (0.78, 0.2)), "top1").share == 0
    assert transfer.choose(_rows((0.8, 0.9), (0.8, 0.9), (0.8, 0.8)), "top1").share == 1
    assert transfer.choose(_rows((0.8, 0.9), (0.8, 0.9), (0.8, 0.9)), "top1").share == 0


def test_rare_classes_count_as_much_as_all_pictures_together():
    split = keras_samples.split(np.zeros((20, 1, 1, 1), np.uint8), [0] * 18 + [1] * 2, 2)
    always_common = np.tile([3.0, -3.0], (20, 1))
    some_false_alarms = always_common.copy()
    some_false_alarms[[0, 1, 2, 18, 19]] *= -1
    costs = []
    for logits in (always_common, some_false_alarms):
        figures = transfer.selection.figures(transfer.selection.counts(logits, split), 20)
        costs.append(transfer.cost(figures, logits, split, "top1"))
    assert costs[1] < costs[0]


def test_confidence_is_not_held_against_a_network():
    split = keras_samples.split(np.zeros((4, 1, 1, 1), np.uint8), [0, 1, 0, 1], 2)
    logits = np.array([[1.0, 0], [0, 1], [1, 0], [1, 0]], np.float32)
    figures = transfer.selection.figures(transfer.selection.counts(logits, split), 4)
    costs = [transfer.cost(figures, factor * logits, split, "top1") for factor in (0.5, 1, 2)]
    np.testing.assert_allclose(costs, costs[0], rtol=0.02)


def _transfer(folder, data, **settings):
    keras.utils.set_random_seed(0)
    model = keras_samples.tiny_network()
    keras_samples.randomize(model)
    train = Train(batch_size=8, learning_rate=0.02, optimizer="sgd", warmup_epochs=0, **settings)
    of = Recipe("test", Data("", augment=Augment(flip=True)), Model("micro", weights="w"), train)
    by_labels = loss_by_labels(train, data.train.class_counts, False)
    return Transfer(model, data, of, Stage(folder, "train", {}), None, by_labels, here(), model)


@pytest.mark.parametrize("judged_by", ["validation pictures", "3-fold cross-validation"])
def test_what_is_kept_is_no_worse_than_the_probe_and_all_is_told(tmp_path, monkeypatch, judged_by):
    if judged_by == "validation pictures":
        monkeypatch.setattr(transfer.transfer_plan, "_FEW", 0)
    data = keras_samples.bright_or_dark()
    job = _transfer(tmp_path, data, epochs=3)
    adapted = job.run()
    probe, told = adapted.probe.document(), adapted.choice.document()
    assert set(probe) == {"top1", "balanced_accuracy", "macro_f1", "loss", "strength"}
    assert told["judged_by"] == judged_by and [row["share"] for row in told["candidates"]] == list(transfer.SHARES)
    assert told["kept"] in told["reason"].replace("fine-tuned", "fine_tuned").replace("linear probe", "linear_probe")
    assert len(adapted.history) == told["plan"]["epochs"] == 3 and adapted.seconds > 0
    assert accuracy_function(job.model)(data.test)["top1"] >= probe["top1"]


@pytest.mark.parametrize(("settings", "why"), [({"transfer": "probe"}, "train.transfer"), ({"epochs": 0}, "epochs")])
def test_the_probe_alone_is_the_classifier_of_the_frozen_network(tmp_path, settings, why):
    data = keras_samples.bright_or_dark()
    job = _transfer(tmp_path, data, **settings)
    before = job.model.get_layer("stem").get_weights()
    adapted = job.run()
    assert adapted.history == [] and adapted.choice.kept == "linear_probe"
    assert why in adapted.choice.reason
    np.testing.assert_array_equal(job.model.get_layer("stem").get_weights()[0], before[0])
    measured = accuracy_function(job.model)(data.test)
    assert measured["top1"] == adapted.probe.top1
    assert measured["balanced_accuracy"] == pytest.approx(adapted.probe.balanced_accuracy)


def test_ruinous_fine_tuning_is_not_kept(tmp_path, monkeypatch):
    data = keras_samples.bright_or_dark()
    job = _transfer(tmp_path, data, epochs=1)
    trained = job._trained

    def ruined(*arguments):
        start, training = trained(*arguments)
        random = np.random.default_rng(1)
        job.model.set_weights([random.uniform(0, 1, weight.shape).astype(np.float32) for weight in start])
        return start, training

    monkeypatch.setattr(job, "_trained", ruined)
    adapted = job.run()
    assert adapted.choice.kept == "linear_probe"
    assert "does not beat it" in adapted.choice.reason
    assert accuracy_function(job.model)(data.test)["top1"] == adapted.probe.top1


def test_without_test_pictures_the_probe_has_no_figures(tmp_path):
    data = keras_samples.bright_or_dark()
    data = dataclasses.replace(data, test=data.test.subset(np.arange(0)))
    adapted = _transfer(tmp_path, data, transfer="probe").run()
    assert adapted.probe.top1 is None


def test_a_finished_fine_tuning_leaves_no_checkpoints(tmp_path):
    job = _transfer(tmp_path, keras_samples.bright_or_dark(), epochs=1)
    job.run()
    assert list(job.stage.folder.glob("fold_*/checkpoint.npz")) and list(job.stage.folder.glob("checkpoint.npz"))
    job.forget_checkpoints()
    assert not list(job.stage.folder.rglob("checkpoint.npz"))


def test_weights_that_allow_for_rare_classes_begin_with_such_a_probe(tmp_path):
    data = keras_samples.bright_or_dark()
    skewed = dataclasses.replace(data, train=data.train.subset(np.arange(0, 32, 2).tolist() + [1]))
    plain = _transfer(tmp_path / "plain", skewed, transfer="probe")
    adjusted = _transfer(tmp_path / "adjusted", skewed, transfer="probe", loss="logit_adjusted")
    plain.run(), adjusted.run()
    biases = [job.model.get_layer("classifier").get_weights()[1] for job in (plain, adjusted)]
    counts = np.array(skewed.train.class_counts)
    expected = -np.log(counts / counts.sum())
    np.testing.assert_allclose(biases[1] - biases[0], expected, rtol=1e-4)
