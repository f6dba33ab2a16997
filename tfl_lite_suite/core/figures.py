"""Figures as people read them; a figure that is absent is a dash."""


def percent(share: float | None, digits: int = 2) -> str:
    """Returns a share as text in per cent, with so many digits behind the point."""
    return "–" if share is None else f"{100 * share:.{digits}f} %"


def size(count: float | None) -> str:
    """Returns a number of bytes as text."""
    if count is None:
        return "–"
    return next(
        (
            f"{count / by:.{0 if count >= 100 * by else 2}f} {unit}"
            for unit, by in (("MB", 1e6), ("kB", 1e3))
            if count >= by
        ),
        f"{count} bytes",
    )


def milliseconds(time: float | None) -> str:
    """Returns a latency as text."""
    return "–" if time is None else f"{time:.3g} ms" if time < 100 else f"{time:.0f} ms"
