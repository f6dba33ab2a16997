"""Transfer learning: a linear probe of the frozen features, fine-tuning from there, and the choice between both.

Sources: Kumar et al., 2022, https://arxiv.org/abs/2202.10054 (the probe first, then fine-tuning from it); Wortsman et
al., 2022, https://arxiv.org/abs/2109.01903 (weights between those before and after fine-tuning).
"""

import dataclasses
import shutil
import sys
import time
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tfl_lite_suite.core.figures import percent
from tfl_lite_suite.core.recipe import Recipe
from tfl_lite_suite.core.types import Array, JsonObject, KerasModel, Tensor
from tfl_lite_suite.core.work_folder import Stage
from tfl_lite_suite.data import Dataset, Split, balance
from tfl_lite_suite.models.graph.rewrite import classifier
from tfl_lite_suite.train import features, linear_probe, selection, transfer_plan
from tfl_lite_suite.train.distribution import Distribution
from tfl_lite_suite.train.linear_probe import Examples, Probe
from tfl_lite_suite.train.loop import CHECKPOINT, Phase, Training, accuracy_function
from tfl_lite_suite.train.losses import DistilledLoss, Loss
from tfl_lite_suite.train.result import JudgedNetwork, ProbeResult, TransferChoice
from tfl_lite_suite.train.transfer_plan import Plan

PROBE, FINE_TUNED = "linear_probe", "fine_tuned"
# Shares of the way from the probe to the fine-tuned network that are judged.
SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)
# With fewer validation pictures, the probe's penalty is chosen by cross-validation.
_ENOUGH_FOR_PENALTY = 500
_FOLD = "fold_"
_TEMPERATURES = np.geomspace(0.25, 8, 31)


@dataclasses.dataclass(frozen=True)
class Adapted:
    """What came of transfer learning; the network has the weights that were kept.

    Attributes:
        history: A record an epoch of the fine-tuning.
        probe: What the linear probe is worth.
        choice: Which network was kept, and why.
        seconds: How long all of it took.
    """

    history: list[JsonObject]
    probe: ProbeResult
    choice: TransferChoice
    seconds: float


@dataclasses.dataclass
class Transfer:
    """One network that learns new classes.

    Attributes:
        model: The pretrained network with a classifier for the new classes; it ends with the weights that are kept.
        images: The pictures.
        settings: The recipe.
        stage: Where checkpoints are kept.
        kept: Where features are kept; `None` keeps none.
        loss: What fine-tuning makes small.
        spread: Where it is computed. Each process does the same; the chief's figures count.
        copy: A network like `model` outside of the strategy, or `model` itself where there is no other.
    """

    model: KerasModel
    images: Dataset
    settings: Recipe
    stage: Stage
    kept: Stage | None
    loss: Loss | DistilledLoss
    spread: Distribution
    copy: KerasModel

    def run(self) -> Adapted:
        """Fits the probe, fine-tunes from it, and keeps what does best on pictures that were not learned from."""
        started = time.monotonic()
        chosen = balance.resolved(self.settings.train, self.images.train, self.settings.data.balance, True)
        self._several, self._select = chosen.loss == "binary", chosen.select
        self._prior = _log_prior(self.images.train) if chosen.loss == "logit_adjusted" else None
        found = features.compute(self.copy, self.images, self.kept)
        self._train = self._examples(self.images.train, found.train)
        self._validation = self._examples(self.images.validation, found.validation)
        self._strength = self._chosen_strength()
        everything = self._train.joined(self._validation)
        probe = self._fitted(everything)
        baseline = self._baseline(probe, found.test)
        picture_seconds = float(self._chiefs(found.picture_seconds))
        left = 60 * chosen.budget_minutes - picture_seconds * (len(everything) + len(self.images.test))
        counts = len(self.images.train), len(self.images.validation)
        plan = transfer_plan.plan(chosen, *counts, picture_seconds, left)
        if isinstance(self.loss, DistilledLoss) or self.spread.replicas > 1:
            plan = dataclasses.replace(plan, folds=0)
        self._pretrained = self.spread.weights(self.model)
        if plan.reason:
            self._begin_with(probe)
            history: list[JsonObject] = []
            choice = TransferChoice(kept=PROBE, share=0.0, reason=plan.reason)
        else:
            history, choice = self._fine_tuned(plan, probe, everything)
        _say(choice.reason)
        choice = dataclasses.replace(choice, plan=dataclasses.asdict(plan))
        return Adapted(history, baseline, choice, time.monotonic() - started)

    def _baseline(self, probe: Probe, found: Array) -> ProbeResult:
        """Returns the figures of the probe on the test pictures, and tells them."""
        test = self.images.test
        if not len(test):
            return ProbeResult(strength=self._strength)
        measured = ProbeResult(**self._figures(probe.logits(found), test), strength=self._strength)
        _say(f"linear probe of the frozen features: {_shown(measured)} on {len(test)} test pictures")
        return measured

    def forget_checkpoints(self) -> None:
        """Removes what a killed run would go on from, once the results are safe."""
        (self.stage.folder / CHECKPOINT).unlink(missing_ok=True)
        for folder in self.stage.folder.glob(f"{_FOLD}*"):
            shutil.rmtree(folder, ignore_errors=True)

    def _examples(self, split: Split, found: Array) -> Examples:
        weights = None
        if self.settings.data.balance != "none":
            by_class = balance.class_weights(self.images.train.class_counts)
            weights = (split.one_hot() @ by_class).astype(np.float32)
            weights[weights == 0] = 1
        return Examples(found, split.one_hot(), weights)

    def _chosen_strength(self) -> float:
        if len(self._validation) >= _ENOUGH_FOR_PENALTY:
            strength = linear_probe.choose(self._train, self._validation, several=self._several)
        else:
            everything = self._train.joined(self._validation)
            folds = 5 if len(everything) < 1000 else 3
            strength = linear_probe.choose(everything, None, folds, self._several)
        return float(self._chiefs(strength))

    def _fitted(self, examples: Examples) -> Probe:
        found = linear_probe.fit(examples, self._strength, self._several)
        bias = found.bias if self._prior is None else found.bias - self._prior
        return Probe(self._chiefs(found.kernel), self._chiefs(bias), found.strength)

    def _chiefs(self, value: object) -> KerasModel:
        """Returns the chief's value in every process, for rounding differs from machine to machine."""
        if self.spread.processes == 1:
            return value
        value = np.asarray(value, np.float32)
        return self.spread.sum(value if self.spread.is_chief else np.zeros_like(value))

    def _begin_with(self, probe: Probe) -> list[Array]:
        """Gives the model its pretrained weights and the probe as classifier; returns these weights."""
        self.model.set_weights(self._pretrained)
        head = classifier(self.model)
        head.set_weights([np.reshape(probe.kernel, head.kernel.shape), probe.bias])
        return self.spread.weights(self.model)

    def _trained(self, plan: Plan, probe: Probe, images: Dataset, part: str) -> tuple[list[Any], Training]:
        """Fine-tunes from a probe; returns the weights before, and the training."""
        start = self._begin_with(probe)
        train, own = self.settings.train, {key: getattr(plan, key) for key in ("batch_size", "optimizer")}
        settings = dataclasses.replace(train, select=self._select, early_stopping=0, **own)
        folder = self.stage.folder / part if part.startswith(_FOLD) else self.stage.folder
        training = Training(
            self.model,
            images,
            settings,
            self.settings.data.augment,
            self.settings.seed,
            folder,
            f"{self.stage.key} {plan}",
            self.loss,
            self.spread,
            keeps_last=True,
        )
        phase = Phase(part, plan.epochs, plan.learning_rate, plan.warmup_epochs, train.fine_tune_from, plan.first_rate)
        training.run([phase])
        return start, training

    def _fine_tuned(self, plan: Plan, probe: Probe, everything: Examples) -> tuple[list[JsonObject], TransferChoice]:
        """Fine-tunes, judges and keeps; returns the history, and what is reported about the choice."""
        nothing = np.arange(0)
        images = self.images
        if plan.folds:
            pictures = images.train.joined(images.validation)
            logits = self._answers_of_folds(plan, pictures, everything)
            images = dataclasses.replace(images, train=pictures, validation=pictures.subset(nothing))
            choice = self._judged(logits, pictures, f"{plan.folds}-fold cross-validation")
            start, training = self._trained(plan, probe, images, "fine_tuning")
        else:
            if plan.pictures < len(images.train):
                some = transfer_plan.some(images.train, plan.pictures, self.settings.seed)
                images = dataclasses.replace(images, train=some)
            start, training = self._trained(plan, self._fitted(self._train), images, "fine_tuning")
            logits = self._answers_between(start, self.spread.weights(self.model), images.validation)
            choice = self._judged(logits, images.validation, "validation pictures")
        share = float(self._chiefs(choice.share))
        if share == 0:
            self._begin_with(probe)
        else:
            self.model.set_weights(_between(start, self.spread.weights(self.model), share))
        return training.history, choice

    def _answers_of_folds(self, plan: Plan, pictures: Split, examples: Examples) -> Array:
        """Returns the logits of every picture by networks that did not learn from it, `(shares, n, classes)`."""
        part = linear_probe.folds(examples.targets, plan.folds)
        found = np.empty((len(SHARES), *examples.targets.shape), np.float32)
        for number in range(plan.folds):
            rest, asked = np.flatnonzero(part != number), np.flatnonzero(part == number)
            images = dataclasses.replace(
                self.images, train=pictures.subset(rest), validation=pictures.subset(np.arange(0))
            )
            start, _ = self._trained(plan, self._fitted(examples.subset(rest)), images, f"{_FOLD}{number + 1}")
            found[:, asked] = self._answers_between(start, self.spread.weights(self.model), pictures.subset(asked))
        return found

    def _answers_between(self, start: list[Tensor], end: list[Tensor], split: Split) -> Array:
        """Returns the logits of pictures at each of `SHARES`, `(shares, n, classes)`."""
        found, measure = [], accuracy_function(self.copy)
        for share in SHARES:
            self.copy.set_weights(_between(start, end, share))
            found.append(measure(split)["logits"])
        self.copy.set_weights(end)
        return np.stack(found)

    def _figures(self, logits: Array, split: Split) -> JsonObject:
        return selection.figures(selection.counts(logits, split), len(split))

    def _judged(self, logits: Array, split: Split, by: str) -> TransferChoice:
        """Chooses among `SHARES` by the answers to pictures that were not learned from."""
        rows = []
        for share, answers in zip(SHARES, logits, strict=True):
            figures = self._figures(answers, split)
            rows.append(JudgedNetwork(share=share, **figures, cost=cost(figures, answers, split, self._select)))
        best = choose(rows, self._select)
        kept = PROBE if best.share == 0 else FINE_TUNED
        what = f"the fine-tuned network is kept, {percent(best.share, 0)} of the way from the linear probe"
        if kept == PROBE:
            what = "the linear probe is kept: fine-tuning does not beat it"
        reason = f"{what}. On {len(split)} pictures ({by}): probe {_shown(rows[0])}; fine-tuned {_shown(rows[-1])}"
        if best not in (rows[0], rows[-1]):
            reason += f"; kept {_shown(best)}"
        return TransferChoice(kept=kept, share=best.share, reason=reason, judged_by=by, candidates=tuple(rows))


def cost(figures: Mapping[str, float], logits: Array, split: Split, select: str) -> float:
    """Returns how bad answers are: the share of errors and the loss, each averaged over pictures and over classes.

    The loss tells more of a few pictures than errors do. It is that at the best temperature: how sure a network is,
    says nothing of how right it is.

    Args:
        figures: From `selection.figures`.
        logits: Scores of the pictures, `(n, classes)`.
        split: The pictures.
        select: The figure that `train.select` names; `top1`, its default, stands for top-1 and balanced accuracy.
    """
    several, targets = split.targets is not None, split.one_hot()
    counts = np.maximum(targets.sum(0), 1)
    present = targets.sum(0) > 0
    losses = []
    for temperature in _TEMPERATURES:
        each = linear_probe.losses(logits / temperature, targets, several)
        by_class = (targets * each[:, None]).sum(0) / counts
        losses.append((each.mean() + by_class[present].mean()) / 2)
    return 1 - _rightness(figures, select) + float(min(losses))


def choose(rows: Sequence[JudgedNetwork], select: str) -> JudgedNetwork:
    """Returns the row of least cost among those that answer no fewer pictures right than the probe, the first row."""
    rightness = {row.share: _rightness(row.document(), select) for row in rows}
    least = rightness[rows[0].share]
    return min((row for row in rows if rightness[row.share] >= least), key=lambda row: row.cost)


def _rightness(figures: Mapping[str, float], select: str) -> float:
    names = [select] if select in ("balanced_accuracy", "macro_f1") else ["top1", "balanced_accuracy"]
    return sum(figures[name] for name in names) / len(names)


def _between(start: list[Array], end: list[Array], share: float) -> list[Array]:
    return [before + np.float32(share) * (after - before) for before, after in zip(start, end, strict=True)]


def _log_prior(split: Split) -> Array:
    counts = np.maximum(np.asarray(split.class_counts, np.float32), 1)
    return np.log(counts / counts.sum())


def _shown(figures: JudgedNetwork | ProbeResult) -> str:
    return f"top-1 {percent(figures.top1)}, balanced accuracy {percent(figures.balanced_accuracy)}"


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
