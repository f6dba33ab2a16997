"""Networks on TensorFlow Lite Micro: what they need, and whether they answer as other kernels do."""

from collections.abc import Mapping

from tfl_lite_suite.core.figures import percent
from tfl_lite_suite.core.page.table import Table
from tfl_lite_suite.core.types import JsonObject

_HEADER = (
    "network",
    "input",
    "model in flash, bytes",
    "arena, bytes",
    "one byte less",
    "equal bytes, TensorFlow Lite reference",
    "equal bytes, LiteRT builtin",
    "same top-1",
    "Ethos-U55-128, cycles",
)


def table(networks: Mapping[str, JsonObject]) -> str:
    """Returns a Markdown table, a row a network.

    Args:
        networks: `networks` of what `tools/measure_micro.py` measured.
    """
    return Table(_HEADER, [_row(name, facts) for name, facts in networks.items()]).markdown()


def _row(name: str, facts: JsonObject) -> list[str]:
    alike = facts.get("rounding_alike")
    cycles = [row["cycles"] for row in facts["npu"] if row["processor"] == "ethos-u55-128"]
    return [
        name,
        "×".join(map(str, facts["input_shape"][1:])),
        f"{facts['model_bytes']:,}",
        f"{facts['arena_bytes']:,}",
        "fails" if facts["one_byte_less_fails"] else "runs",
        percent(alike["equal_outputs"]) if alike else "–",
        percent(facts["equal_outputs"]),
        percent(facts["top1_agreement"]),
        f"{cycles[0]:,}" if cycles else "–",
    ]
