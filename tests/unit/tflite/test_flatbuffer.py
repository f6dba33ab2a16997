import flatbuffers
import pytest

from tfl_lite_suite.tflite.flatbuffer import FlatbufferError, Reader, Table


def sample(text="hello", numbers=(1, -2, 3), children=2):
    builder = flatbuffers.Builder(64)
    string = builder.CreateString(text)
    builder.StartVector(4, len(numbers), 4)
    for number in reversed(numbers):
        builder.PrependInt32(number)
    vector = builder.EndVector()
    places = []
    for index in range(children):
        builder.StartObject(1)
        builder.PrependUint32Slot(0, index + 10, 0)
        places.append(builder.EndObject())
    builder.StartVector(4, len(places), 4)
    for place in reversed(places):
        builder.PrependUOffsetTRelative(place)
    tables = builder.EndVector()
    builder.StartObject(5)
    builder.PrependUOffsetTRelativeSlot(0, string, 0)
    builder.PrependUOffsetTRelativeSlot(1, vector, 0)
    builder.PrependUOffsetTRelativeSlot(2, tables, 0)
    builder.PrependInt8Slot(3, -7, 0)
    builder.Finish(builder.EndObject(), b"TEST")
    return bytes(builder.Output())


def test_fields_are_read_by_number():
    root = Reader(sample("grüße"), b"TEST", "a sample").root()
    assert root.text(0) == "grüße"
    assert root.scalars(1, "i") == (1, -2, 3)
    assert [item.scalar(0, "I") for item in root.items(2)] == [10, 11]
    assert root.scalar(3, "b") == -7


def test_fields_left_out_have_defaults():
    root = Reader(sample(), b"TEST", "a sample").root()
    assert (root.scalar(4, "i", 5), root.text(9), root.scalars(9, "i"), root.table(9), root.count(9)) == (
        5,
        "",
        (),
        None,
        0,
    )
    assert bytes(root.blob(9)) == b""


def test_wrong_mark_and_short_data_are_told():
    with pytest.raises(FlatbufferError, match=r"x\.tflite: .*lacks the mark 'TFL3'"):
        Reader(sample(), b"TFL3", "x.tflite")
    with pytest.raises(FlatbufferError, match="only 3 bytes"):
        Reader(b"abc", b"TFL3", "x.tflite")


def test_every_truncation_is_refused_or_read_within_bounds():
    whole = sample()
    for length in range(len(whole)):
        try:
            root = Reader(whole[:length], b"TEST", "cut").root()
            root.text(0), root.scalars(1, "i"), list(root.items(2))
        except FlatbufferError:
            continue
        assert length > 8


def test_a_missing_item_is_told():
    root = Reader(sample(), b"TEST", "a sample").root()
    with pytest.raises(FlatbufferError, match="item 2 .* list of 2"):
        root.item(2, 2)


def test_reading_ends_when_the_budget_is_spent():
    reader = Reader(sample(), b"TEST", "a sample")
    position = reader.root().position
    with pytest.raises(FlatbufferError, match="without end"):
        for _ in range(10_000_000):
            Table(reader, position)
