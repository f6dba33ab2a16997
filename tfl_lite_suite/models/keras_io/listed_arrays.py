"""Arrays of a `.h5` file, which lists those of a layer by their paths, and those of a nested model in one list."""

import dataclasses

import numpy as np

from tfl_lite_suite.core.types import Array, HdfGroup, JsonObject
from tfl_lite_suite.models.keras_io import hdf5_text


@dataclasses.dataclass(frozen=True)
class ListedArrays:
    """Arrays of a model or of a layer, as `keras3.Saved` has them.

    Attributes:
        found: Path and array, in the file's order.
        group: The file's group that holds a list for each layer of the outermost model; `None` inside it.
    """

    found: tuple[tuple[str, Array], ...] = ()
    group: HdfGroup = None

    def of_layers(self, entries: list[JsonObject]) -> dict[str, "ListedArrays"]:
        """Returns each layer's arrays by its name."""
        return {entry["config"]["name"]: self._of_layer(entry["config"]) for entry in entries}

    def arrays(self) -> list[Array]:
        """Returns a layer's arrays."""
        return [array for _, array in self.found]

    def _of_layer(self, config: JsonObject) -> "ListedArrays":
        name = config["name"]
        if self.group is None:
            own = tuple((path, array) for path, array in self.found if name in path.split("/")[:-1])
            # Paths name a model inside only where its layers were first called there; its layers choose their own.
            return self if not own and "layers" in config else ListedArrays(own)
        listed = self.group.get(name)
        if listed is None:
            return ListedArrays()
        return ListedArrays(
            tuple((path, np.asarray(listed[path])) for path in hdf5_text.of_parts(listed, "weight_names"))
        )
