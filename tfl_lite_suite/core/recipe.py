"""Recipes: one YAML file that says everything about a run, parsed once into frozen dataclasses."""

import dataclasses
import difflib
import os
import pathlib
import pkgutil
import sys
from collections.abc import Sequence
from typing import Any, Literal

from tfl_lite_suite.core import files, own_modules, yaml_text
from tfl_lite_suite.core.dataclass_parser import parse, ranged
from tfl_lite_suite.core.errors import SuiteError, unknown_name
from tfl_lite_suite.core.overrides import with_value
from tfl_lite_suite.core.recipe_compression import UNPRUNED as UNPRUNED
from tfl_lite_suite.core.recipe_compression import Distill as Distill
from tfl_lite_suite.core.recipe_compression import Prune as Prune
from tfl_lite_suite.core.recipe_compression import Quantize as Quantize
from tfl_lite_suite.core.recipe_data import Augment as Augment
from tfl_lite_suite.core.recipe_data import Data as Data
from tfl_lite_suite.core.recipe_wishes import Budget as Budget
from tfl_lite_suite.core.recipe_wishes import Decide as Decide
from tfl_lite_suite.core.schemes import Scheme

STAGES = ("train", "quantize", "convert", "evaluate", "benchmark")

# Recipes have some thousand bytes; a large text takes YAML's reader minutes.
_LARGEST = 1 << 18


@dataclasses.dataclass(frozen=True)
class Model:
    """Which network.

    Attributes:
        name: A network of the suite; `summary --model=all` lists them.
        alpha: Width multiplier: the number of channels relative to the published network.
        weights: Initial weights: `none`, `imagenet`, or a weights file.
        dropout: Share of features that is dropped at random before the classifier.
    """

    name: str
    alpha: float = ranged(1.0, 0.05, 4)
    weights: str = "none"
    dropout: float = ranged(0.0, 0, 0.9)


@dataclasses.dataclass(frozen=True)
class Train:
    """How the float network is trained.

    A network with pretrained weights learns new classes by transfer learning: see `transfer`. Then `epochs`,
    `batch_size`, `optimizer`, `learning_rate` and `warmup_epochs` are chosen by the number of pictures, unless they
    differ from their defaults.

    Attributes:
        epochs: Number of passes over the training images; those of `head_epochs` come before them.
        loss: `cross_entropy`; `focal` gives less weight to pictures that are already classified well; `logit_adjusted`
            makes mistakes on rare classes count more; `binary` decides about each class separately, for pictures with
            several labels. `auto` chooses `binary` for several labels, `logit_adjusted` for unbalanced classes without
            pretrained weights, and otherwise `cross_entropy`.
        select: The figure on the validation images that decides which epoch is kept: `top1`, `balanced_accuracy` (mean
            recall of the classes), `macro_f1` or `loss`. `auto` chooses `macro_f1` for unbalanced classes and for
            several labels, and otherwise `top1`.
        batch_size: Number of images in a batch.
        optimizer: The optimizer.
        learning_rate: Highest learning rate. It is reached after the warm-up and then falls to zero along a cosine.
        warmup_epochs: Number of epochs in which the learning rate rises from zero.
        weight_decay: Decoupled weight decay of kernels.
        label_smoothing: Share of the label that is spread over all classes.
        ema: Decay per step of the moving average of the weights. The averaged weights are kept; 0 turns this off.
        early_stopping: Training stops after this number of epochs without a better value of `select`; 0 turns this off.
        transfer: With pretrained weights. `auto`: fit a linear probe (a linear classifier of the features of the
            pretrained network), fine-tune from there, and keep what is better on pictures that were not trained on.
            `probe`: keep the probe. `off`: train like a new network.
        budget_minutes: About how many minutes transfer learning may take; if necessary, there are fewer epochs and
            pictures.
        head_epochs: With `transfer: off`: number of additional epochs, at the beginning, in which only the classifier
            is trained.
        head_learning_rate: Highest learning rate of these first epochs.
        fine_tune_from: Name of the first layer that is trained; all layers if absent.
        clip_norm: Largest norm of all gradients together; longer ones are scaled down. 0 turns this off.
        mixed_precision: `auto` computes in float16 on a GPU that is faster with it; `off` never does.
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
class Convert:
    """Which `.tflite` files are written.

    Attributes:
        schemes: The kinds of files to write.
        io_type: Type of the input and output of int8 files; those of other files are float32.
        calibration_images: Number of training images from which int8 ranges are measured.
        hard_swish: h-swish in int8 files: one `operator`; `split` into ADD and MUL, which XNNPACK supports; or `auto`,
            the faster of the two on the engines of `benchmark.engines`.
        output: `logits`, or `probabilities`: the file ends with a softmax, and the stage `decide` builds the
            temperature into it, for clients that do not read the decision.
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
        engines: Runtimes on which each file is evaluated and timed; all that are installed if empty.
        threads: Number of threads of the runtime.
        runs: Smallest number of timed inferences.
        min_seconds: Shortest time, in seconds, during which inferences are timed.
        profile: Whether each operator is also timed, in separate runs.
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
        name: Name of the run, for reports.
        data: Images and preprocessing.
        model: The network.
        train: Float training.
        distill: A teacher.
        prune: Pruning.
        quantize: Quantization, with or without training.
        convert: Files to write.
        decide: What the scores of the files mean.
        benchmark: Latency measurement.
        budget: Limits that the files must keep.
        stages: The stages of the run, in order; a stage may occur several times. Settings after a name apply to that
            stage only: `prune sparsity=0.8 epochs=2`.
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
        if self.quantize.targets == "float" and self.distill.teaches("quantize"):
            raise SuiteError(
                "quantize.targets: float makes the float network the only teacher; take distill.during away"
            )
        for index in range(len(self.stages)):
            self._section_of(index)

    @property
    def learns_float_answers(self) -> bool:
        """Whether quantization-aware training learns the answers of the float network alone."""
        asked = self.quantize.targets
        return asked == "float" or (asked == "auto" and not self.distill.teaches("quantize"))

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
    suite = [str(pathlib.Path(__file__).parents[1] / "run" / "stages")]
    folders = list(loaded.__path__) if loaded else own_modules.extended(suite, "run/stages")
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
