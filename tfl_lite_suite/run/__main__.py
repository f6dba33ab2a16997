"""Runs a whole recipe: trains, prunes, quantizes, converts, evaluates, benchmarks, and reports what each step cost.

Every stage is kept in the work folder and is repeated only if its inputs change, so a run that was stopped continues
where it was. Each stage takes the latest model before it. Evaluation and timing run in processes of their own, without
TensorFlow.
"""

import dataclasses
import pathlib

from absl import flags

from tfl_lite_suite.core import command_line, shipped_recipes
from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.core.types import JsonObject
from tfl_lite_suite.run import Run, several_runs, show


def _main() -> JsonObject:
    given = flags.FLAGS
    names = ("recipe", "workdir", "data", "set", "weights", "seeds", "folds", "jobs", "dry_run")
    command_line.only_with(not given.list, "without --list", *names)
    if given.list:
        return {"recipes": [dataclasses.asdict(found) for found in shipped_recipes.listing()]}
    workdir = command_line.required("workdir")
    recipes = command_line.paths(command_line.required("recipe").split(","))
    if len(recipes) > 1 or given.seeds or given.folds:
        jobs = [job for path in recipes for job in _jobs(path, pathlib.Path(workdir))]
        if not given.dry_run:
            return several_runs.run_all(jobs, given.jobs, pathlib.Path(workdir))
        return {"runs": [job.described(Run(job.settings, str(job.workdir)).plan()) for job in jobs]}
    command_line.only_with(False, "with several recipes, seeds or folds", "jobs")
    run = Run(command_line.recipe_from_flags(), workdir)
    return {"plan": run.plan()} if given.dry_run else run.run()


def _jobs(path: str, workdir: pathlib.Path) -> list[several_runs.Job]:
    """Returns a run for each seed, or each fold, of a recipe; mistakes are found before the first begins."""
    settings = command_line.recipe_from_flags(path)
    Run(settings, str(workdir))
    shared = [f"--recipe={path}", *(f"--set={value}" for value in flags.FLAGS.set)]
    given = {name: flags.FLAGS[name].value for name in ("data", "weights")}
    shared += [f"--{name}={value}" for name, value in given.items() if value is not None]
    folder = workdir / settings.name
    if flags.FLAGS.folds:
        if flags.FLAGS.seeds:
            raise SuiteError("--folds: cannot be combined with --seeds; give one of them")
        return several_runs.folds(settings, flags.FLAGS.folds, folder, tuple(shared))
    jobs = []
    for text in flags.FLAGS.seeds or [str(settings.seed)]:
        if not text.isdecimal():
            raise SuiteError(f"--seeds: expected whole numbers, as in 0,1,2. Received: '{text}'")
        of_seed = dataclasses.replace(settings, seed=int(text))
        jobs.append(several_runs.Job(of_seed, folder / f"seed_{text}", (*shared, f"--set=seed={text}")))
    return jobs


if __name__ == "__main__":
    command_line.define_recipe_flags(trains=True)
    flags.DEFINE_string("workdir", None, "Folder for models and results; a stopped run continues from it.")
    flags.DEFINE_list("seeds", [], "Runs with each of these seeds, such as 0,1,2, in place of the recipe's.")
    flags.DEFINE_integer(
        "folds",
        None,
        "Cross-validation: number of runs, each tested on another part of all pictures; 5 is usual.",
        2,
        100,
    )
    flags.DEFINE_integer(
        "jobs", 1, "With several recipes, seeds or folds: how many run at once; 1 for undisturbed latencies.", 1, 64
    )
    flags.DEFINE_bool("list", False, "Only list the shipped recipes.")
    flags.DEFINE_bool("dry_run", False, "Only list what is done and what remains.")
    command_line.run_verb(
        "run",
        __doc__,
        _main,
        show,
        required=("recipe", "workdir"),
        example="--recipe=photos_transfer --data=photos --workdir=work/photos",
    )
