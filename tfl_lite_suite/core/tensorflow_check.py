"""Whether TensorFlow is installed, without the seconds that loading it takes."""

import importlib.util

from tfl_lite_suite.core.errors import SuiteError


def missing(reason: object) -> SuiteError:
    """Returns the error where TensorFlow cannot be loaded."""
    return SuiteError(
        f"this command needs TensorFlow and tf-keras: {reason}. Install them with: pip install 'tfl-lite-suite[host]'"
    )


def require_tensorflow() -> None:
    """Raises that error if TensorFlow or tf-keras is not there."""
    for name in ("tensorflow", "tf_keras"):
        if importlib.util.find_spec(name) is None:
            raise missing(f"No module named '{name}'")
