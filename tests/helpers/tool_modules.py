"""Scripts of `tools/` as modules."""

import importlib.util

from places import TOOLS


def load(name):
    """Returns the module `tools/NAME.py`."""
    spec = importlib.util.spec_from_file_location(name, TOOLS / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
