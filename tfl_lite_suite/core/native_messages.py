"""What libraries in C++ print on stderr by themselves, kept off the terminal."""

import contextlib
import os
import tempfile
from collections.abc import Callable, Iterator


@contextlib.contextmanager
def native_messages() -> Iterator[Callable[[], str]]:
    """Keeps what C++ code, such as TensorFlow's, prints on stderr off the terminal.

    Yields:
        A function that returns what was printed so far.
    """
    with tempfile.TemporaryFile() as file:
        saved = os.dup(2)
        os.dup2(file.fileno(), 2)

        def printed() -> str:
            file.seek(0)
            return file.read().decode(errors="replace")

        try:
            yield printed
        finally:
            os.dup2(saved, 2)
            os.close(saved)
