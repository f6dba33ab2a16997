"""A headless Chromium on this machine, which opens the page of `export --to=web` and measures there."""

import contextlib
import pathlib
import subprocess
import sys
import tempfile
from types import TracebackType

import numpy as np

from tfl_lite_suite.benchmark import statistics
from tfl_lite_suite.benchmark.job import Job
from tfl_lite_suite.benchmark.result import Comparison, Measurement, without_profile
from tfl_lite_suite.core.errors import ArgumentError, SuiteError
from tfl_lite_suite.core.types import JsonObject
from tfl_lite_suite.core.verb_process import verb_command
from tfl_lite_suite.runtime import chromium, machine
from tfl_lite_suite.runtime.targets import Target
from tfl_lite_suite.runtime.web_page import WebPage

ENGINE = "litert_js"
# What the page calls them, by what `--kernels` and the documents call them.
ACCELERATORS = {"default": "wasm", "gpu": "webgpu"}


class Browser(Target):
    """A browser on this machine."""

    kernels = tuple(ACCELERATORS)

    def __init__(self, address: str, wheels: str | None = None) -> None:
        """See `Target`; `address` must be empty."""
        super().__init__(address, wheels)
        if address:
            raise ArgumentError("target", f"browser takes no address. Received: 'browser:{address}'")
        if wheels is not None:
            raise ArgumentError("wheels", "only a target that installs the suite takes wheels, such as ssh:USER@HOST")
        self._opened = contextlib.ExitStack()
        self._pages: dict[tuple[str, str], WebPage] = {}

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._opened.close()

    def engines(self, names: list[str] | None) -> list[str]:
        """See `Target`: the page has one engine."""
        for name in names or []:
            if name != ENGINE:
                raise ArgumentError("engine", f"the web page has {ENGINE} only. Received: '{name}'")
        return [ENGINE]

    def benchmark(self, job: Job, *, curve: bool = False) -> Measurement:
        """See `Target`."""
        if curve:
            raise ArgumentError("sustain", "the web page records no curve. Use `min_seconds`")
        page = self._page(job)
        # The browser's processes are the model's; what they use is no other program's.
        watch = machine.LoadWatch(job.threads, own_cpu=page.cpu_seconds)
        settings = {"runs": job.runs, "min_seconds": job.min_seconds, "threads": job.threads, "seed": job.seed}
        document = page.benchmark(**settings)
        load, reasons = watch.finish()
        document["peak_rss_bytes"] = page.peak_rss_bytes()
        document["browser"]["product"] = page.browser.version
        if document["kernels"] != job.kernels:
            raise ArgumentError("kernels", f"this browser does not run '{job.model}' on a GPU")
        return _completed(document, job, load, reasons)

    def compare(self, first: Job, second: Job) -> Comparison:
        """See `Target`; the page cannot."""
        raise ArgumentError("compare", "the web page measures one model at a time. Run benchmark twice")

    def _page(self, job: Job) -> WebPage:
        """Opens the page of a model, once."""
        key = job.model, job.kernels
        if key not in self._pages:
            chromium.require()
            scratch = pathlib.Path(self._opened.enter_context(tempfile.TemporaryDirectory()))
            folder = _page_of(job.model, scratch)
            print("measuring in a headless browser …", file=sys.stderr)
            page = WebPage(folder, query=f"?accelerator={ACCELERATORS[job.kernels]}")
            self._pages[key] = self._opened.enter_context(page)
        return self._pages[key]


TARGET = Browser


def _page_of(model: str, scratch: pathlib.Path) -> pathlib.Path:
    """Writes the page of a model; returns its folder."""
    command = verb_command("export", f"--model={model}", "--to=web", "--limit=0", f"--output_dir={scratch}")
    done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, errors="replace")
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise SuiteError(last.removeprefix("error: "))
    return scratch / "web"


def _completed(document: JsonObject, job: Job, load: dict[str, float | None], reasons: list[str]) -> Measurement:
    """Returns what the page measured, with what only this side knows."""
    document |= {
        "model": job.model,
        "device": machine.describe(),
        "latency_ms": statistics.summarise(np.array(document["raw_ms"]), seed=job.seed).document(),
        # How long the browser's threads waited for a core is not known.
        "load": {**load, "waiting": None},
        "valid": document["valid"] and not reasons,
        "warnings": reasons + document["warnings"],
    }
    measured = Measurement.from_document(document, "browser")
    return without_profile(measured, f"not given by {ENGINE}") if job.profile else measured
