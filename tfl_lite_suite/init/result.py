"""What looking at a set of pictures gave."""

import dataclasses

from tfl_lite_suite.core.result import Result
from tfl_lite_suite.core.types import Document


@dataclasses.dataclass(frozen=True)
class WrittenRecipe(Result):
    """What `init` prints.

    Attributes:
        recipe: The file that was written.
        pictures: Number of pictures.
        classes: Number of classes.
        imbalance: Pictures of the commonest class for each one of the rarest.
        settings: The values that were chosen, by their keys in a recipe.
        reasons: Why.
        next: The commands to run next.
    """

    recipe: str
    pictures: int
    classes: int
    imbalance: float
    settings: Document
    reasons: tuple[str, ...]
    next: tuple[str, ...]


@dataclasses.dataclass(frozen=True)
class WrittenNotebook(Result):
    """What `init --notebook` prints.

    Attributes:
        notebook: The file that was written.
    """

    notebook: str
