"""What is closed where its `with` statement ends."""

import abc
from types import TracebackType
from typing import TypeVar

T = TypeVar("T", bound="Closing")


class Closing(abc.ABC):
    """A context manager whose end is `close`."""

    @abc.abstractmethod
    def close(self) -> None:
        """Gives back what is held."""

    def __enter__(self: T) -> T:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
