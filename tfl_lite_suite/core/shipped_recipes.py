"""The recipes that ship with the package, found by name."""

import dataclasses
import pathlib

from tfl_lite_suite.core.errors import ArgumentError, unknown_argument

FOLDER = pathlib.Path(__file__).resolve().parents[1] / "recipes"


@dataclasses.dataclass(frozen=True)
class ShippedRecipe:
    """A recipe of the package.

    Attributes:
        name: What `--recipe` takes.
        summary: The first sentence of its header.
    """

    name: str
    summary: str


def names() -> tuple[str, ...]:
    """Returns the name of every shipped recipe, sorted."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.yaml")))


def listing() -> list[ShippedRecipe]:
    """Returns every shipped recipe, sorted by name."""
    return [ShippedRecipe(name, _summary(FOLDER / f"{name}.yaml")) for name in names()]


def find(recipe: str) -> str:
    """Returns the file of a recipe that is given by path or by name; a path comes first.

    Args:
        recipe: A path, or a shipped recipe's name such as `quickstart_fashion_mnist`.

    Raises:
        SuiteError: If it looks like a name and no recipe has it; it names the nearest.
    """
    if pathlib.Path(recipe).exists() or pathlib.Path(recipe).name != recipe or recipe.endswith((".yaml", ".yml")):
        return recipe
    if recipe not in names():
        error = unknown_argument("recipe", recipe, names(), "recipe")
        raise ArgumentError(
            "recipe", f"{error.problem}. A recipe of your own is named by its file, such as `recipe=mine.yaml`"
        )
    return str(FOLDER / f"{recipe}.yaml")


def _summary(path: pathlib.Path) -> str:
    first = path.read_text(encoding="utf-8").partition("\n")[0]
    return first.removeprefix("#").strip() if first.startswith("#") else ""
