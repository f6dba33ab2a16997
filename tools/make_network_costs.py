"""Writes `tfl_lite_suite/summary/networks.json`, what each network costs at each width and resolution, in minutes."""

import argparse
import json
import pathlib
import sys

from tfl_lite_suite import models
from tfl_lite_suite.core.files import atomic_path, to_json
from tfl_lite_suite.models import cost, operator_cost
from tfl_lite_suite.summary import costs

ROOT = pathlib.Path(__file__).resolve().parent.parent
TABLE = ROOT / "tfl_lite_suite" / "summary" / "networks.json"
CLASSES = 1000
ALPHAS = (0.25, 0.35, 0.5, 0.75, 1.0)
RESOLUTIONS = (32, 48, 64, 96, 128, 160, 192, 224)
# The resolution at which a network's accuracy was published, where it is another.
PUBLISHED_AT = {"mobilenet_v4_conv_medium": (256,)}


def main() -> None:
    """Measures the networks that are named, every one if none is, and leaves the others' costs as they are."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("networks", nargs="*", metavar="NETWORK")
    chosen = parser.parse_args().networks
    networks = json.loads(TABLE.read_text(encoding="utf-8"))["networks"] if chosen else {}
    for name in chosen or models.names():
        print(name, file=sys.stderr, flush=True)
        for alpha in ALPHAS:
            for resolution in (*RESOLUTIONS, *PUBLISHED_AT.get(name, ())):
                with cost.zero_weights():
                    model = models.build(name, (resolution, resolution, costs.CHANNELS), CLASSES, alpha=alpha)
                found = operator_cost.measure(model, CLASSES)
                networks.setdefault(name, {}).setdefault(str(alpha), {})[str(resolution)] = found
    rows = [
        f'"{name}": {{\n' + ",\n".join(f' "{alpha}": {to_json(sides)}' for alpha, sides in widths.items()) + "}"
        for name, widths in sorted(networks.items())
    ]
    text = f'{{"classes": {CLASSES}, "networks": {{\n' + ",\n".join(rows) + "}}\n"
    with atomic_path(TABLE) as temporary:
        temporary.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
