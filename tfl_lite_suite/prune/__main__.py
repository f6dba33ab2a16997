"""Removes channels of a trained network, or makes its weights sparse or clustered, and fine-tunes it."""

import dataclasses
import pathlib

from absl import flags

from tfl_lite_suite import train
from tfl_lite_suite.core import command_line, dataclass_parser
from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.core.recipe import Prune, Recipe
from tfl_lite_suite.core.work_folder import at_work
from tfl_lite_suite.prune import prune, show
from tfl_lite_suite.prune.result import PruneResult

_CHANNELS, _WEIGHTS = ("params_ratio", "macs_ratio", "importance", "steps"), ("sparsity", "pattern", "clusters")


def _chosen(settings: Recipe | None) -> Prune:
    """Returns the recipe's `prune` section with what the flags say instead."""
    given = {name: flags.FLAGS[name].value for name in (*_CHANNELS, *_WEIGHTS) if flags.FLAGS[name].value is not None}
    aims = [name for name in ("params_ratio", "macs_ratio", "sparsity") if name in given]
    if len(aims) > 1:
        raise SuiteError(f"--{aims[1]}: cannot be combined with --{aims[0]}; give one of them")
    channels, weights = ([name for name in names if name in given] for names in (_CHANNELS, _WEIGHTS))
    if channels and weights:
        raise SuiteError(
            f"--{weights[0]}: thins weights and cannot be combined with --{channels[0]}, for whole channels"
        )
    if aims:
        given = {"macs_ratio": None, "sparsity": None, "pattern": "unstructured", "clusters": None, **given}
    return dataclass_parser.parse(
        Prune, {**dataclasses.asdict(settings.prune if settings else Prune()), **given}, "prune"
    )


def _main() -> PruneResult:
    model = command_line.required("model")
    beside = pathlib.Path(model).parent / train.RECIPE
    settings = None
    if beside.is_file() or flags.FLAGS.recipe is not None or flags.FLAGS.data is not None or flags.FLAGS.set:
        settings = command_line.recipe_from_flags(beside=str(beside))
    workdir = flags.FLAGS.workdir or str(pathlib.Path(model).parent)
    chosen = _chosen(settings)
    with at_work(workdir, model):
        return prune(chosen, workdir, model, settings)


if __name__ == "__main__":
    flags.DEFINE_string("model", None, "Trained float model, a .keras file.")
    flags.DEFINE_float("params_ratio", None, "Share of the parameters that remains, in whole channels. Default: 0.5.")
    flags.DEFINE_float("macs_ratio", None, "Share of the multiply-adds that remains; in place of --params_ratio.")
    flags.DEFINE_string("importance", None, "How channels are ranked: l1, bn_scale or taylor. Default: l1.")
    flags.DEFINE_integer(
        "steps", None, "Number of steps in which channels are removed, each followed by fine-tuning. Default: 1."
    )
    flags.DEFINE_float("sparsity", None, "Share of the weights that become zero, instead of removing channels.")
    flags.DEFINE_string(
        "pattern", None, "Pattern of the zeros: unstructured, or 2x4 (two of four). Default: unstructured."
    )
    flags.DEFINE_integer("clusters", None, "Number of distinct values in each kernel; alone or after --sparsity.")
    command_line.define_recipe_flags()
    flags.DEFINE_string("workdir", None, "Folder for model and results; the model's own folder if absent.")
    command_line.run_verb(
        "prune",
        __doc__,
        _main,
        show,
        required=("model",),
        example="--model=work/photos/train/model.keras --params_ratio=0.5 --workdir=work/half",
    )
