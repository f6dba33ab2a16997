import pytest

from tfl_lite_suite import summary


@pytest.mark.parametrize("classes", [10, 1000])
def test_the_table_says_what_the_built_network_has(classes, capsys):
    shape = (64, 64, 3)
    assert summary._known("squeezenet_1_1", shape, classes, 0.25) == summary._built(
        "squeezenet_1_1", shape, classes, 0.25
    )
    assert "building squeezenet_1_1" in capsys.readouterr().err


def test_the_table_is_asked_for_its_own_sizes_only():
    assert summary._known("mobilenet_v2", (224, 224, 3), 7, 1.0)
    for shape, alpha in (((224, 224, 1), 1.0), ((224, 192, 3), 1.0), ((100, 100, 3), 1.0), ((224, 224, 3), 0.33)):
        assert summary._known("mobilenet_v2", shape, 7, alpha) is None


def test_every_network_at_once_is_told_without_building(monkeypatch):
    monkeypatch.setattr(summary, "_built", None)
    records = summary.summary(summary.models.names(), (224, 224, 3), 1000, 1.0)
    found = {record.model: record for record in records}
    assert found["vgg16"].params == 138_357_544 and found["vgg16"].float_bytes == 4 * 138_357_544
    assert summary.show(records).count("\n") == len(records) + 1
