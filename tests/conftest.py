import os
import random
import signal
import sys

import numpy as np
import pytest

# A user's Python buffers what it prints, and so must that of the processes that tests start.
os.environ.pop("PYTHONUNBUFFERED", None)
# A background shell has its children ignore Ctrl-C, which the processes that tests start would inherit.
signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items):
    """Begins with the tests of SSH, which mostly wait: as the last they would leave processors idle."""
    items.sort(key=lambda item: item.path.name != "test_ssh.py")


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup():
    """Every test draws the same numbers each time, whatever ran before it and wherever: a new network's weights too."""
    random.seed(0)
    np.random.seed(0)
    if framework := sys.modules.get("tfl_lite_suite.core.framework"):
        framework.keras.utils.set_random_seed(0)
