"""Examines pictures before training: finds what lowers the accuracy or makes its figures wrong."""

import importlib.util
from typing import TYPE_CHECKING, Any

from absl import flags

from tfl_lite_suite import data
from tfl_lite_suite.core import command_line

if TYPE_CHECKING:
    from tfl_lite_suite.data.health import Health

_NETWORK = "mobilenet_v2"
_BATCH = 8
_SETTINGS = {"scheme": "float32", "resolution": 96, "classes": 1000, "weights": "imagenet"}


def _main() -> "Health":
    given = flags.FLAGS
    listing = data.listing_of(command_line.required("data"))
    from tfl_lite_suite.core.files import atomic_path
    from tfl_lite_suite.data import health
    from tfl_lite_suite.data.health import html_page

    embed = _network_features if given.features == "pretrained" or given.features == "auto" and _at_hand() else None
    found = health.examine(listing, embed, given.unknown)
    if given.html:
        with atomic_path(given.html) as path:
            path.write_text(html_page.draw(found, listing), encoding="utf-8")
    return found


def _at_hand() -> bool:
    """Whether the pretrained network runs here and is made already, or can be made without a download."""
    from tfl_lite_suite.models.weights import published, python_packages
    from tfl_lite_suite.runtime import engines, fresh_network

    made = fresh_network.path_of(_NETWORK, _SETTINGS).is_file()
    weights = python_packages.kept(published.PACKAGED[_NETWORK])
    return bool(engines.installed_for("")) and (
        made or (weights and importlib.util.find_spec("tensorflow") is not None)
    )


def _network_features(small: Any) -> Any:
    """Returns what ImageNet's classes say of pictures, uint8 `(n, 96, 96, 3)`: float32 `(n, 1000)`."""
    from tfl_lite_suite.evaluate.answers import Runner
    from tfl_lite_suite.runtime import engines, fresh_network
    from tfl_lite_suite.runtime.machine import usable_cores

    model = fresh_network.convert(_NETWORK, _SETTINGS)
    runner = Runner(model, engines.default(), workers=usable_cores(), keep_logits=True, batch=_BATCH)
    return runner.answer(lambda rows: small[rows], len(small)).logits


def _show(found: "Health") -> str:
    from tfl_lite_suite.data.health import text

    return text.show(found)


if __name__ == "__main__":
    flags.DEFINE_string("data", None, "Folder with one subfolder for each class, CSV of labels, folder of TFRecords.")
    flags.DEFINE_string("unknown", None, "Folder of pictures that are none of the classes, to compare with them.")
    flags.DEFINE_string("html", None, "Also write an HTML page that shows the pictures.")
    flags.DEFINE_enum(
        "features",
        "auto",
        ["auto", "own", "pretrained"],
        "Features by which wrong labels are found: own is quick; pretrained also uses MobileNetV2 with ImageNet "
        "weights, which takes a download and half a minute once; auto does so if the weights are here already.",
    )
    command_line.run_verb("data", __doc__, _main, _show, required=("data",), example="--data=photos --html=health.html")
