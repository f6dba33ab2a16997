"""Measures the page of `export --to=web` beside LiteRT on this machine, and keeps it in `docs/results/web.json`.

Speed: every network that is meant for small devices, freshly initialised, int8; LiteRT and the page by turns, on one
thread. Answers: given files on pictures. `tools/update_readme.py` makes the tables of `docs/web.md`.
"""

import argparse
import pathlib
import sys
import tempfile
from typing import Any

import numpy as np

from tfl_lite_suite import export, models
from tfl_lite_suite.benchmark.job import Job
from tfl_lite_suite.core import files
from tfl_lite_suite.evaluate import answers
from tfl_lite_suite.export.web import exporter, litert_js
from tfl_lite_suite.runtime import engines, fresh_network, machine, targets
from tfl_lite_suite.runtime.web_page import WebPage

ROOT = pathlib.Path(__file__).resolve().parent.parent
# Baselines and teachers, of 25 and 138 MB.
NOT_SMALL = ("resnet50", "vgg16")


def speed(model: str, rounds: int, runs: int) -> dict[str, Any]:
    """Returns a network's fastest times here and in the browser: other processes only ever add time."""
    with tempfile.TemporaryDirectory() as folder, WebPage(exporter.page_of(model, folder)) as page:
        first_visit = page.server.sent_bytes
        job = Job(model, "litert", runs=runs)
        settings = {"runs": runs, "min_seconds": job.min_seconds, "seed": 0}
        times: dict[str, list[float]] = {"native_ms": [], "page_ms": []}
        for _ in range(rounds):
            times["native_ms"] += targets.get("local").benchmark(job).raw_ms
            times["page_ms"] += page.benchmark(threads=1, **settings)["raw_ms"]
    fastest = {key: round(min(found), 4) for key, found in times.items()}
    ratio = round(fastest["page_ms"] / fastest["native_ms"], 3)
    return {"first_visit_bytes": first_visit, **fastest, "ratio": ratio}


def compare(model: str, source: str, count: int) -> dict[str, Any]:
    """Returns how far the page's answers on pictures are LiteRT's."""
    pictures = export.pictures_for(engines.get("litert").inspect(model), source, count)
    expected = answers.Runner(model, "litert", keep_logits=True).answer(pictures.__getitem__, len(pictures)).logits
    assert expected is not None
    with tempfile.TemporaryDirectory() as folder, WebPage(exporter.page_of(model, folder)) as page:
        scores = page.scores(pictures)
    return {
        "pictures": len(pictures),
        "top1_agreement": float((scores.argmax(1) == expected.argmax(1)).mean()),
        "equal_outputs": float((scores == expected).all(axis=1).mean()),
        "max_abs_diff": float(np.abs(scores - expected).max()),
    }


def main() -> None:
    """Measures what is not in the output yet, and keeps it after each file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--networks", default=",".join(name for name in models.names() if name not in NOT_SMALL))
    parser.add_argument("--resolution", type=int, default=224)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--runs", type=int, default=60)
    parser.add_argument(
        "--answers", nargs="*", default=[], metavar="TITLE=FILE=DATA", help="files to compare on pictures"
    )
    parser.add_argument("--pictures", type=int, default=500)
    parser.add_argument("--output", type=pathlib.Path, default=ROOT / "docs" / "results" / "web.json")
    parser.add_argument("--again", action="store_true", help="also what the output holds already")
    given = parser.parse_args()
    document = (None if given.again else files.read_json(given.output)) or {"networks": [], "answers": []}
    document |= {"device": machine.describe(), "litert_js": litert_js.VERSION}
    known = {row["network"] for row in document["networks"]} | {row["file"] for row in document["answers"]}
    for text in given.answers:
        title, model, source = text.split("=")
        if title not in known:
            print(title, file=sys.stderr)
            row = {"file": title, "data": pathlib.PurePath(source).name, **compare(model, source, given.pictures)}
            document["answers"].append(row)
            files.write_json(given.output, document)
    for network in filter(None, given.networks.split(",")):
        if network not in known:
            print(network, file=sys.stderr)
            settings = {"scheme": "int8", "resolution": given.resolution}
            row = speed(fresh_network.convert(network, settings), given.rounds, given.runs)
            document["networks"].append({"network": network, "resolution": given.resolution, **row})
            files.write_json(given.output, document)


if __name__ == "__main__":
    main()
