"""Recipes: one YAML file that says everything about a run, parsed once into frozen dataclasses."""

import dataclasses
import difflib
import os
import pathlib
import pkgutil
import sys
from collections.abc import Sequence
from typing import Any, Literal

from tfl_lite_suite.core import files, yaml_text
from tfl_lite_suite.core.dataclass_parser import parse, ranged
from tfl_lite_suite.core.errors import SuiteError, unknown_name
from tfl_lite_suite.core.overrides import with_value
from tfl_lite_suite.core.recipe_data import Augment as Augment
from tfl_lite_suite.core.recipe_data import Data as Data
from tfl_lite_suite.core.recipe_wishes import Budget as Budget
from tfl_lite_suite.core.recipe_wishes import Decide as Decide
from tfl_lite_suite.core.schemes import Scheme

UNPRUNED = "unpruned"

STAGES = ("train", "quantize", "convert", "evaluate", "benchmark")

# Recipes have some thousand bytes; a large text takes YAML's reader minutes.
_LARGEST = 1 << 18


@dataclasses.dataclass(frozen=True)
class Model:
    """Which network.

    Attributes:
        name: A network of the suite; `summary --model=all` lists them.
        alpha: Width multiplier.
        weights: `none`, `imagenet`, or a weights file.
        dropout: Dropout before the classifier.
    """

    name: str
    alpha: float = ranged(1.0, 0.05, 4)
    weights: str = "none"
    dropout: float = ranged(0.0, 0, 0.9)


@dataclasses.dataclass(frozen=True)
class Train:
    """How the float network is trained.

    A network that begins with pretrained weights learns new classes by transfer: see `transfer`. What is left at its
    default of `epochs`, `batch_size`, `optimizer` with `learning_rate`, and `warmup_epochs`, is then chosen by the
    number of pictures.

    Attributes:
        epochs: Passes over the training images with every layer trained (from `fine_tune_from` on).
        loss: `cross_entropy`; `focal` weighs pictures down that are answered well; `logit_adjusted` allows for how rare
            each class is; `binary` asks each class for itself, for several labels a picture; `auto` takes `binary` for
            several labels, `logit_adjusted` for unbalanced classes without pretrained weights, else `cross_entropy`.
        select: What the best epoch has best on the validation images: `top1`, `balanced_accuracy` (mean recall of the
            classes), `macro_f1` or `loss`; `auto` takes `macro_f1` for unbalanced classes and for several labels, else
            `top1`.
        batch_size: Images a step.
        optimizer: Name of the optimizer.
        learning_rate: Peak learning rate, reached after the warm-up; cosine decay to zero after it.
        warmup_epochs: Epochs of linear warm-up.
        weight_decay: Decoupled weight decay of kernels.
        label_smoothing: Share of the label spread over all classes.
        ema: Decay a step of the weights' moving average, which is what is kept; 0 is off.
        early_stopping: Epochs without a better value of `select` before training stops; 0 is off.
        transfer: With pretrained weights: `auto` fits a linear probe, the best linear classifier of the frozen
            network's features, fine-tunes from there and keeps what does better on pictures held out; `probe` keeps
            the probe; `off` trains as a new network is trained.
        budget_minutes: Minutes that transfer learning may take, about; epochs and pictures are cut to keep it.
        head_epochs: With `transfer: off`: epochs in which only the classifier is trained, first.
        head_learning_rate: Peak learning rate of those epochs.
        fine_tune_from: Name of the first layer that fine-tuning trains; every layer if absent.
        clip_norm: Greatest norm of all gradients together; longer ones are scaled down to it; 0 is off.
        mixed_precision: `auto` computes in float16 where a GPU is present that gains by it; `off` never does.
    """

    epochs: int = ranged(10, 0, 10000)
    loss: Literal["cross_entropy", "focal", "logit_adjusted", "binary", "auto"] = "cross_entropy"
    select: Literal["top1", "balanced_accuracy", "macro_f1", "loss", "auto"] = "top1"
    batch_size: int = ranged(128, 1, 65536)
    optimizer: Literal["sgd", "adam", "adamw", "rmsprop"] = "sgd"
    learning_rate: float = ranged(0.1, 0, 100)
    warmup_epochs: float = ranged(1.0, 0)
    weight_decay: float = ranged(1e-4, 0, 1)
    label_smoothing: float = ranged(0.0, 0, 0.9)
    ema: float = ranged(0.0, 0, 0.99999)
    early_stopping: int = ranged(0, 0)
    transfer: Literal["auto", "probe", "off"] = "auto"
    budget_minutes: float = ranged(20.0, 0, 1e6)
    head_epochs: int = ranged(0, 0, 10000)
    head_learning_rate: float = ranged(0.01, 0, 100)
    fine_tune_from: str | None = None
    clip_norm: float = ranged(0.0, 0, 1000)
    mixed_precision: Literal["auto", "off"] = "auto"


@dataclasses.dataclass(frozen=True)
class Distill:
    """A teacher whose answers the network learns beside the labels; off without one.

    Attributes:
        teacher: A network of the suite, which is trained first, as `train` says; a `.keras` file; or `unpruned`: the
            network that `prune` removes from, asked in that stage alone.
        alpha: Width multiplier of a network that is trained for it.
        weights: Its weights to begin with, as in `model.weights`.
        epochs: Its epochs; `train.epochs` if absent.
        share: Share of the loss that is the distance to the teacher's answers; the labels have the rest.
        temperature: By which both networks' logits are divided for that distance.
        features: Weight in the loss of how differently both networks' features, before the classifier, find the
            pictures of a batch alike; thousands are usual, 0 is off.
        during: The stages in which the teacher is asked.
    """

    teacher: str | None = None
    alpha: float = ranged(1.0, 0.05, 4)
    weights: str = "none"
    epochs: int | None = ranged(None, 0, 10000)
    share: float = ranged(0.7, 0, 1)
    temperature: float = ranged(4.0, 0.1, 100)
    features: float = ranged(0.0, 0, 1e6)
    during: tuple[Literal["train", "prune", "quantize"], ...] = ("train",)

    def __post_init__(self) -> None:
        if self.teacher == UNPRUNED and self.during != ("prune",):
            raise SuiteError(
                f"distill.during: the teacher 'unpruned' teaches in prune alone: [prune]. Received: {list(self.during)}"
            )

    @property
    def trains_teacher(self) -> bool:
        """Whether the teacher is a network that has to be trained first."""
        return self.teacher not in (None, UNPRUNED) and not str(self.teacher).endswith(".keras")


@dataclasses.dataclass(frozen=True)
class Prune:
    """How the trained network is pruned: by channels, or by weights where `sparsity`, `pattern` or `clusters` say so.

    Attributes:
        params_ratio: Share of the parameters that remains.
        macs_ratio: Share of the multiply-adds that remains, in place of `params_ratio`.
        importance: What channels are ranked by.
        budget: `global` ranks all channels together; `uniform` takes the same share of each group.
        min_share: Least share of a layer's channels that remains.
        steps: Steps in which channels go, each followed by fine-tuning.
        epochs: Passes over the training images after each step.
        learning_rate: Their peak learning rate, cosine decay to zero; `train.learning_rate` if absent.
        taylor_images: Training images for `importance: taylor`.
        sparsity: Share of the weights of each kernel that become zero, in place of removing channels.
        pattern: `unstructured`, or `2x4`: two of four neighbouring weights, which is a `sparsity` of one half.
        clusters: Distinct values that each kernel keeps, after `sparsity` if both are given.
    """

    params_ratio: float = ranged(0.5, 0.001, 1)
    macs_ratio: float | None = ranged(None, 0.001, 1)
    importance: Literal["l1", "bn_scale", "taylor"] = "l1"
    budget: Literal["global", "uniform"] = "global"
    min_share: float = ranged(0.1, 0, 1)
    steps: int = ranged(1, 1, 100)
    epochs: int = ranged(3, 0, 10000)
    learning_rate: float | None = ranged(None, 0, 100)
    taylor_images: int = ranged(512, 1)
    sparsity: float | None = ranged(None, 0.01, 0.99)
    pattern: Literal["unstructured", "2x4"] = "unstructured"
    clusters: int | None = ranged(None, 3, 4096)


@dataclasses.dataclass(frozen=True)
class Quantize:
    """How the trained network is prepared for int8.

    Attributes:
        scheme: `qat`, quantization-aware training; `ptq`, without training; or `both`, which makes two int8 files.
        epochs: Passes over the training images with fake quantization.
        batch_size: Images a step.
        learning_rate: Greatest share of its own size, which is 127 int8 steps, that a weight, a bias or a range moves
            in a training step; cosine decay to zero.
        ranges: `fixed` as they were calibrated, or `learned`: trained with the weights.
        ptq: `ptq`: `auto` keeps the techniques that help; `plain` uses none; `learned` also trains, for minutes, how
            weights are rounded, on the calibration pictures and without labels.
        batch_norm: `folded` before training; or `live` in the first half of the epochs, with the statistics of each
            batch, and folded for the others.
        calibration_images: Training images from which activation ranges are taken.
        min_agreement: `ptq`: share of calibration pictures whose top-1 must stay; the fewest layers that it takes
            fall back to finer arithmetic. All is int8 if absent.
        fallback: That arithmetic: `float`, or `int16`, 16-bit activations.
    """

    scheme: Literal["qat", "ptq", "both"] = "qat"
    epochs: int = ranged(2, 0, 10000)
    batch_size: int = ranged(128, 1, 65536)
    learning_rate: float = ranged(0.0005, 0, 100)
    ranges: Literal["fixed", "learned"] = "fixed"
    ptq: Literal["auto", "plain", "learned"] = "auto"
    batch_norm: Literal["folded", "live"] = "folded"
    calibration_images: int = ranged(512, 1)
    min_agreement: float | None = ranged(None, 0, 1)
    fallback: Literal["float", "int16"] = "float"


@dataclasses.dataclass(frozen=True)
class Convert:
    """Which `.tflite` files are written.

    Attributes:
        schemes: One file each.
        io_type: Type of input and output of int8 files; the others are float32.
        calibration_images: Training images from which int8 ranges are taken.
        hard_swish: Of int8 files: `operator`; `split` into ADD and MUL, which XNNPACK takes; or `auto`, whichever is
            faster on the engines of `benchmark.engines`.
        output: `logits`, or `probabilities`: a softmax stands in the file, and the stage `decide` puts the temperature
            into the scale of its logits, for clients that know no decision.
    """

    schemes: tuple[Scheme, ...] = ("float32", "int8")
    io_type: Literal["int8", "uint8", "float32"] = "int8"
    calibration_images: int = ranged(200, 1)
    hard_swish: Literal["auto", "operator", "split"] = "auto"
    output: Literal["logits", "probabilities"] = "logits"


@dataclasses.dataclass(frozen=True)
class Benchmark:
    """How latency is measured.

    Attributes:
        engines: Runtimes that evaluate and time each file; those installed if empty.
        threads: Threads a runtime uses.
        runs: Least number of timed inferences.
        min_seconds: Least time over which inferences are timed.
        profile: Whether each operator is timed as well, in runs of their own.
    """

    engines: tuple[str, ...] = ()
    threads: int = ranged(1, 1, 64)
    runs: int = ranged(50, 1)
    min_seconds: float = ranged(1.0, 0)
    profile: bool = True


@dataclasses.dataclass(frozen=True)
class Recipe:
    """A whole run.

    Attributes:
        name: Names the run in reports.
        data: Images and preprocessing.
        model: The network.
        train: Float training.
        distill: A teacher.
        prune: Pruning.
        quantize: Quantization, with or without training.
        convert: Files to write.
        decide: What their scores should mean.
        benchmark: Latency measurement.
        budget: Limits that the run must keep to.
        stages: What `run` does, in this order: names of `known_stages()`, any of them more than once. Settings behind a
            name hold for that stage alone: `prune sparsity=0.8 epochs=2`.
        seed: Seed of splits, shuffling, augmentation and initial weights.
    """

    name: str
    data: Data
    model: Model
    train: Train = Train()
    distill: Distill = Distill()
    prune: Prune = Prune()
    quantize: Quantize = Quantize()
    convert: Convert = Convert()
    decide: Decide = Decide()
    benchmark: Benchmark = Benchmark()
    budget: Budget = Budget()
    stages: tuple[str, ...] = STAGES
    seed: int = ranged(0, 0, 2**31 - 1)

    def __post_init__(self) -> None:
        if self.data.balance != "none" and self.train.loss == "logit_adjusted":
            raise SuiteError(
                f"train.loss: logit_adjusted and data.balance: {self.data.balance} both make up for rare classes; "
                "keep one of them"
            )
        for index in range(len(self.stages)):
            self._section_of(index)

    @property
    def splits_hard_swish(self) -> bool:
        """Whether the HARD_SWISH of int8 files becomes ADD and MUL."""
        asked, engines = self.convert.hard_swish, self.benchmark.engines
        return asked == "split" or asked == "auto" and (not engines or "litert" in engines)

    @property
    def transfers(self) -> bool:
        """Whether the network begins with pretrained weights and learns new classes from there."""
        return self.model.weights != "none" and self.train.transfer != "off"

    def step(self, index: int) -> tuple[str, "Recipe"]:
        """Returns the name of a stage without what stands behind it, and the recipe with those settings."""
        name, section = self._section_of(index)
        return name, self if section is None else dataclasses.replace(self, **{name: section})

    def _section_of(self, index: int) -> tuple[str, Any]:
        """Returns a stage's name, and its section with the settings behind the name; `None` where there are none."""
        name, *settings = self.stages[index].split() or [""]
        where = f"stages[{index}]"
        if name not in known_stages():
            raise unknown_name(where, name, known_stages(), "stage")
        if not settings:
            return name, None
        section = getattr(self, name, None)
        if section is None:
            raise SuiteError(f"{where}: {name} has no settings. Received: '{self.stages[index]}'")
        document = _plain(dataclasses.asdict(section))
        for setting in settings:
            document = with_value(document, setting, where, "epochs=3")
        return name, parse(type(section), document, f"{where} {name}")


def known_stages() -> tuple[str, ...]:
    """Returns the name of every stage that a recipe may have, sorted: the modules of `run.stages`."""
    loaded = sys.modules.get("tfl_lite_suite.run.stages")
    folders = list(loaded.__path__) if loaded else [str(pathlib.Path(__file__).parents[1] / "run" / "stages")]
    return tuple(sorted(found.name for found in pkgutil.iter_modules(folders) if not found.name.startswith("_")))


def load(path: str | os.PathLike[str], overrides: Sequence[str] = ()) -> Recipe:
    """Reads a recipe.

    Args:
        path: A YAML file.
        overrides: `dotted.key=value` assignments made after reading, the value in YAML.

    Returns:
        The recipe, every default filled in.

    Raises:
        SuiteError: If the file is missing, is not YAML, or holds an unknown key, a wrong type or a value out of range.
    """
    try:
        text = files.read_bytes(path, _LARGEST).decode("utf-8-sig")
    except FileNotFoundError:
        raise SuiteError(f"recipe: no such file '{path}'{_nearby_recipe(path)}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise SuiteError(f"recipe: cannot read '{path}': {getattr(error, 'strerror', None) or error}") from None
    except SuiteError as error:
        raise SuiteError(f"recipe: {error}") from None
    try:
        document = yaml_text.read(text)
    except SuiteError as error:
        raise SuiteError(f"recipe: '{path}' is {error}") from None
    return parsed({} if document is None else document, overrides)


def parsed(document: object, overrides: Sequence[str] = ()) -> Recipe:
    """Returns a recipe from what YAML gives, after assignments as for `load`, with its errors."""
    # What has no keys is refused as it is, whatever is to be changed in it.
    for override in overrides if isinstance(document, dict) else ():
        document = with_value(document, override)
    return parse(Recipe, document, "")


def dump(recipe: Recipe) -> str:
    """Returns the resolved recipe as YAML, every default written out; `load` reads it back equal."""
    return yaml_text.write(_plain(dataclasses.asdict(recipe)))


def _plain(value: object) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, tuple) else value


def _nearby_recipe(path: str | os.PathLike[str]) -> str:
    folder = pathlib.Path(path).parent
    there = sorted(entry.name for entry in folder.glob("*.yaml")) if folder.is_dir() else []
    nearest = difflib.get_close_matches(pathlib.Path(path).name, there, n=1)
    return f". Did you mean '{folder / nearest[0]}'?" if nearest else ""
