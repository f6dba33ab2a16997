"""Prints what each network costs before anything is trained: parameters, multiply-adds and float size."""

from typing import Any

from absl import flags

from tfl_lite_suite import cli, models

_MODEL = flags.DEFINE_string("model", "all", "A network, or all.")
_RESOLUTION = flags.DEFINE_integer(
    "resolution", 224, "Height and width of the input, in pixels; at least 32, micro 16."
)
_CLASSES = flags.DEFINE_integer("classes", 1000, "Number of classes.")
_ALPHA = flags.DEFINE_float("alpha", 1.0, "Width multiplier.")
_CHANNELS = flags.DEFINE_integer("channels", 3, "3 for RGB, 1 for grey.")


def main() -> list[dict[str, Any]]:
    """Returns one record a network: `model, input_shape, params, macs, float_bytes`."""
    if _MODEL.value != "all":
        models.check_name(_MODEL.value, "--model")
    chosen = models.names() if _MODEL.value == "all" else (_MODEL.value,)
    shape = (_RESOLUTION.value, _RESOLUTION.value, _CHANNELS.value)
    for name in chosen:
        models.check_values(name, shape, _CLASSES.value, _ALPHA.value)
    return [_measure(name, shape) for name in chosen]


def _measure(name: str, shape: tuple[int, int, int]) -> dict[str, Any]:
    from tfl_lite_suite.models import cost

    with cost.zero_weights():
        model = models.build(name, shape, _CLASSES.value, alpha=_ALPHA.value)
    params = cost.params(model)
    return {
        "model": name,
        "input_shape": list(shape),
        "params": params,
        "macs": cost.macs(model),
        "float_bytes": 4 * params,
    }


def show(records: list[dict[str, Any]]) -> str:
    """Returns the table for people."""
    lines = [f"{'network':<20}{'input':>13}{'parameters':>14}{'multiply-adds':>16}{'float32':>11}"]
    for record in records:
        shape = "x".join(map(str, record["input_shape"]))
        lines.append(
            f"{record['model']:<20}{shape:>13}{record['params'] / 1e6:>12.2f} M{record['macs'] / 1e6:>14.1f} M"
            f"{record['float_bytes'] / 1e6:>8.1f} MB"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    cli.run_verb("summary", __doc__, main, show)
