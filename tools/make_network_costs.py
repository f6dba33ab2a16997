"""Writes `tfl_lite_suite/advice/networks.json`: what each network costs at each width and resolution. Takes minutes."""

import pathlib
import sys

from tfl_lite_suite import models
from tfl_lite_suite.models import cost, operator_cost
from tfl_lite_suite.results import atomic_path, to_json

ROOT = pathlib.Path(__file__).resolve().parent.parent
CLASSES = 1000
ALPHAS = (0.25, 0.35, 0.5, 0.75, 1.0)
RESOLUTIONS = (32, 48, 64, 96, 128, 160, 192, 224)


def main() -> None:
    """Measures every network."""
    networks: dict[str, dict[str, dict[str, object]]] = {}
    for name in models.names():
        print(name, file=sys.stderr, flush=True)
        for alpha in ALPHAS:
            for resolution in RESOLUTIONS:
                with cost.zero_weights():
                    model = models.build(name, (resolution, resolution, 3), CLASSES, alpha=alpha)
                found = operator_cost.measure(model, CLASSES)
                networks.setdefault(name, {}).setdefault(str(alpha), {})[str(resolution)] = found
    rows = [
        f'"{name}": {{\n' + ",\n".join(f' "{alpha}": {to_json(sides)}' for alpha, sides in widths.items()) + "}"
        for name, widths in networks.items()
    ]
    text = f'{{"classes": {CLASSES}, "networks": {{\n' + ",\n".join(rows) + "}}\n"
    with atomic_path(ROOT / "tfl_lite_suite" / "advice" / "networks.json") as temporary:
        temporary.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
