import io
import struct
import subprocess
import sys

import numpy as np
import pytest
from pictures import noise, write_classes
from PIL import Image
from places import TOOLS

from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.data import image_folder, tfrecord
from tfl_lite_suite.data.crc32c import masked

TOOL = TOOLS / "make_tfrecords.py"


def picture(seed=0):
    file = io.BytesIO()
    Image.fromarray(noise(9, 8, 3, seed=seed)).save(file, "PNG")
    return file.getvalue()


def write_shard(path, examples):
    with open(path, "wb") as file:
        for example in examples:
            tfrecord.write_record(file, example)
    return path


def message(field, content):
    return bytes([field << 3 | 2]) + tfrecord._varint(len(content)) + content


def example(**features):
    entries = [message(1, message(1, key.replace("__", "/").encode()) + message(2, f)) for key, f in features.items()]
    return message(1, b"".join(entries))


def text(value):
    return message(1, message(1, value))


def test_round_trip_and_names(tmp_path):
    write_shard(
        tmp_path / "train-00000-of-00001.tfrecord",
        [tfrecord.encode_example(picture(i), i % 2, "ab"[i % 2]) for i in range(4)],
    )
    write_shard(tmp_path / "validation-00000-of-00001", [tfrecord.encode_example(picture(9), 1, "b")])
    write_shard(tmp_path / "data-test.tfrecord-00000-of-00001", [tfrecord.encode_example(picture(8), 300, "ü")])
    (tmp_path / "features.json").write_text("{}")
    assert tfrecord.is_source(tmp_path)
    found = tfrecord.listing(tmp_path)
    assert found.class_names == ("a", "b", "ü")
    assert found.parts == ("test", *["train"] * 4, "validation")
    assert found.labels.tolist() == [2, 0, 1, 0, 1, 1]
    assert [found.read(i) for i in (5, 2, 0)] == [picture(9), picture(1), picture(8)]


def test_labels_file_names_the_classes(tmp_path):
    write_shard(tmp_path / "a.tfrecord", [tfrecord.encode_example(picture(), 1, "x")])
    (tmp_path / "labels.txt").write_text("cat\ndog\nemu\n")
    found = tfrecord.listing(tmp_path)
    assert found.class_names == ("cat", "dog", "emu") and found.labels.tolist() == [1] and found.parts == ("",)
    (tmp_path / "labels.txt").write_text("cat\n")
    with pytest.raises(SuiteError, match="1 names, but a record has the label 1"):
        tfrecord.listing(tmp_path)


def test_packed_unpacked_and_absent_labels(tmp_path):
    packed = message(3, message(1, b"\x07"))
    unpacked = message(3, b"\x08\x05")
    both = [example(image__encoded=text(picture()), image__class__label=label) for label in (packed, unpacked)]
    write_shard(tmp_path / "a.tfrecord", both)
    found = tfrecord.listing(tmp_path)
    assert found.class_names == ("5", "7") and found.labels.tolist() == [1, 0]
    write_shard(
        tmp_path / "a.tfrecord",
        [example(image__encoded=text(picture()), image__class__text=text(name)) for name in (b"dog", b"cat")],
    )
    found = tfrecord.listing(tmp_path)
    assert found.class_names == ("cat", "dog") and found.labels.tolist() == [1, 0]


def test_one_label_with_two_names_is_refused(tmp_path):
    write_shard(tmp_path / "a.tfrecord", [tfrecord.encode_example(picture(), 1, name) for name in "ab"])
    with pytest.raises(SuiteError, match="label 1 is called both 'a' and 'b'"):
        tfrecord.listing(tmp_path)
    write_shard(tmp_path / "a.tfrecord", [tfrecord.encode_example(picture(), label, "a") for label in (0, 1)])
    with pytest.raises(SuiteError, match="two labels have the same"):
        tfrecord.listing(tmp_path)


@pytest.mark.parametrize(
    "features, said",
    [
        ({"image": text(b"x")}, "expected the keys image/encoded and image/class/label; it has image"),
        ({"image__encoded": text(b"x")}, "expected the keys"),
        ({"image__encoded": text(b"x"), "image__class__label": b""}, "expected one picture with one class"),
        ({"image__encoded": b"", "image__class__label": message(3, b"\x08\x05")}, "expected one picture"),
        ({"image__encoded": text(b"x"), "image__class__label": message(3, b"\x08\x05\x08\x06")}, "with 2"),
    ],
)
def test_other_examples_are_refused(tmp_path, features, said):
    write_shard(tmp_path / "a.tfrecord", [example(**features)])
    with pytest.raises(SuiteError, match=f"a.tfrecord: the record at byte 0 is not a labelled picture: .*{said}"):
        tfrecord.listing(tmp_path)


def test_damage_is_found(tmp_path):
    path = write_shard(tmp_path / "a.tfrecord", [tfrecord.encode_example(picture(i), i, str(i)) for i in range(2)])
    whole = path.read_bytes()
    path.write_bytes(whole[:-1])
    with pytest.raises(SuiteError, match="a.tfrecord: truncated: the record at byte"):
        tfrecord.listing(tmp_path)
    path.write_bytes(whole + b"12345")
    with pytest.raises(SuiteError, match="a record's header is cut off"):
        tfrecord.listing(tmp_path)
    path.write_bytes(b"\xff" + whole[1:])
    with pytest.raises(SuiteError, match="wrong checksum of the length at byte 0"):
        tfrecord.listing(tmp_path)
    place = whole.index(b"IHDR")
    path.write_bytes(whole[:place] + b"X" + whole[place + 1 :])
    found = tfrecord.listing(tmp_path)
    with pytest.raises(SuiteError, match="wrong checksum of the record at byte 0"):
        found.read(0)
    assert found.read(1) == picture(1)


def test_empty_compressed_and_huge_shards_are_refused(tmp_path):
    path = tmp_path / "a.tfrecord"
    path.write_bytes(b"")
    with pytest.raises(SuiteError, match="no record in the TFRecord shards"):
        tfrecord.listing(tmp_path)
    path.write_bytes(b"\x1f\x8b" + b"0" * 30)
    with pytest.raises(SuiteError, match="gzip-compressed"):
        tfrecord.listing(tmp_path)
    length = struct.pack("<Q", 2**62)
    path.write_bytes(length + struct.pack("<I", masked(length)) + b"abc")
    with pytest.raises(SuiteError, match="needs 4611686018427387904 bytes"):
        tfrecord.listing(tmp_path)


def test_hostile_bytes_never_escape_as_another_error(tmp_path):
    draw = np.random.default_rng(1)
    good = tfrecord.encode_example(b"p" * 40, 3, "name")
    for trial in range(300):
        data = bytearray(good)
        for place in draw.integers(0, len(data), 3):
            data[place] = draw.integers(256)
        write_shard(tmp_path / "a.tfrecord", [bytes(data) if trial % 2 else draw.bytes(40)])
        try:
            tfrecord.listing(tmp_path)
        except SuiteError as error:
            assert "\n" not in str(error)


def test_tool_writes_what_the_reader_reads(tmp_path):
    source = write_classes(tmp_path / "pictures", {"cat": 5, "dog": 4})
    command = [sys.executable, TOOL, f"--data={source}", f"--output_dir={tmp_path / 'out'}", "--shards=2"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "labels.txt",
        "train-00000-of-00002.tfrecord",
        "train-00001-of-00002.tfrecord",
    ]
    wanted, found = image_folder.listing(source), tfrecord.listing(tmp_path / "out")
    assert found.class_names == wanted.class_names
    assert sorted((found.read(i), found.labels[i]) for i in range(9)) == sorted(
        (wanted.read(i), wanted.labels[i]) for i in range(9)
    )
    again = subprocess.run(command, capture_output=True, text=True)
    assert again.returncode == 1 and again.stderr.startswith("error: --output_dir: ") and again.stderr.count("\n") == 1
