import os
import signal

# A user's Python buffers what it prints, and so must that of the processes that tests start.
os.environ.pop("PYTHONUNBUFFERED", None)
# A background shell has its children ignore Ctrl-C, which the processes that tests start would inherit.
signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items):
    """Begins with the tests of SSH, which mostly wait: as the last they would leave processors idle."""
    items.sort(key=lambda item: item.path.name != "test_ssh.py")
