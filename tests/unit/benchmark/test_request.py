import dataclasses

import made_up_results
import pytest

from tfl_lite_suite.benchmark import request
from tfl_lite_suite.benchmark.result import Comparison, Device
from tfl_lite_suite.core.errors import InvalidMeasurement, SuiteError

PLAIN = request.Request(
    model="x.tflite",
    engine=None,
    threads=["1"],
    target="local",
    wheels=None,
    runs=5,
    min_seconds=0.1,
    sustain=None,
    compare=None,
    kernels="default",
    profile=False,
    count_instructions=False,
    accept_disturbed=False,
    seed=0,
    network={"scheme": "int8"},
)


class Place(request.targets.Target):
    """A target that measures nothing; `jobs` are what it was given."""

    def __init__(self, valid=True):
        super().__init__("")
        self.jobs, self.valid = [], valid

    def engines(self, names):
        return names or ["litert"]

    def benchmark(self, job, *, curve=False):
        self.jobs.append(job)
        return made_up_results.measurement(valid=self.valid, warnings=() if self.valid else ("too hot",))

    def compare(self, first, second):
        self.jobs += [first, second]
        return Comparison(
            *("litert", "2.3", "default", Device(), "local", 1, 12, 192, (), 1.0, (1.0, 1.0), (), ()),
            valid=True,
            warnings=(),
        )


@pytest.fixture
def measure(monkeypatch):
    """Measures a changed `PLAIN` on a place; returns the jobs and what was found."""

    def run(place=None, **changes):
        place = place or Place()
        monkeypatch.setattr(request.targets, "get", lambda *_: place)
        return place.jobs, dataclasses.replace(PLAIN, **changes).measure()

    return run


def test_a_sweep_has_a_job_for_each_engine_and_thread_count(measure):
    jobs, found = measure(engine=["litert", "tflite_runtime"], threads=["1", " 4"])
    assert [(job.engine, job.threads) for job in jobs] == [
        ("litert", 1),
        ("litert", 4),
        ("tflite_runtime", 1),
        ("tflite_runtime", 4),
    ]
    assert len(found) == 4


def test_one_job_is_no_list_and_lasts_as_long_as_is_asked(measure):
    (job,), found = measure(sustain="2m")
    assert (job.min_seconds, job.runs, found.valid) == (120, 5, True)


def test_a_comparison_has_the_same_settings_for_both(measure):
    (first, second), _ = measure(compare=["a.tflite", "b.tflite"], threads=["2"])
    assert (first.model, second.model, first.threads) == ("a.tflite", "b.tflite", 2)
    assert dataclasses.replace(second, model="a.tflite") == first


def test_what_does_not_count_is_an_error_that_holds_it(measure):
    with pytest.raises(InvalidMeasurement, match="too hot") as raised:
        measure(Place(valid=False))
    assert raised.value.document.valid is False


def test_a_network_by_name_is_converted(measure, monkeypatch):
    monkeypatch.setattr(request.fresh_network, "convert", lambda name, settings: f"{name} {settings['scheme']}.tflite")
    (job,), _ = measure(model="mobilenet_v2")
    assert job.model == "mobilenet_v2 int8.tflite"
    assert PLAIN.network_name is None


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"model": None}, "model: missing"),
        ({"threads": ["0"]}, "threads: expected whole numbers"),
        ({"sustain": "soon"}, "sustain: expected a time"),
        ({"kernels": "fast"}, "kernels: unknown value for this target 'fast'"),
        ({"compare": ["a.tflite"]}, "compare: expected two files"),
        ({"compare": ["a.tflite", "b.tflite"], "profile": True}, "profile: leave it out"),
        ({"target": "adb", "count_instructions": True}, "count_instructions: the emulator runs here"),
    ],
)
def test_mistakes(measure, changes, message):
    with pytest.raises(SuiteError, match=message):
        measure(**changes)


def test_a_disturbed_measurement_is_accepted_where_that_is_asked(measure):
    _, found = measure(Place(valid=False), accept_disturbed=True)
    assert not found.valid and found.warnings == ("too hot",)
