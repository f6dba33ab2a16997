"""One table of what each class of Keras layers means for folding, int8 ranges, channels, equalization and cost.

`register` adds a layer of your own: docs/add_a_layer.md.
"""

from tfl_lite_suite.models.layer_kinds import table as table  # Fills the table.
from tfl_lite_suite.models.layer_kinds.kind import (
    Equalization,
    LayerKind,
    Range,
    Rounding,
    kind_of,
    like,
    register,
    require_int8_forms,
    rounding_of,
)

__all__ = [
    "Equalization",
    "LayerKind",
    "Range",
    "Rounding",
    "kind_of",
    "like",
    "register",
    "require_int8_forms",
    "rounding_of",
]
