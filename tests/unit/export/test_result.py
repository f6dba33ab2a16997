import round_trips

from tfl_lite_suite.export.result import Export


def test_a_format_that_cannot_hold_the_model_has_every_key_all_the_same():
    row = Export(engine="ncnn", format="ncnn", unsupported="not supported by ncnn: CUSTOM")
    document = row.document()
    assert (document["files"], document["bytes"], document["seconds"]) == ([], None, None)
    assert round_trips.check(Export, document) == row
