"""What was written about work folders."""

import dataclasses

from tfl_lite_suite.core.result import Result, Share


@dataclasses.dataclass(frozen=True)
class ReportedModel(Result):
    """A row of the table of models.

    Attributes:
        number: By which plots name it.
        workdir: Its work folder.
        name: The file's name, or the stage's that made it.
        runtime: What ran it.
        top1: Share of the test pictures that it answers rightly.
        file_bytes: Size of its file; `None` for a model without one.
        ms: Median latency; `None` where it was not measured.
    """

    number: int
    workdir: str
    name: str
    runtime: str
    top1: Share | None
    file_bytes: int | None
    ms: float | None


@dataclasses.dataclass(frozen=True)
class WrittenReport(Result):
    """What `report` prints.

    Attributes:
        report: The page.
        markdown: The tables.
        bytes: Size of the page.
        notes: What could not be shown.
        models: The table of models.
    """

    report: str
    markdown: str
    bytes: int
    notes: tuple[str, ...]
    models: tuple[ReportedModel, ...]
