import io
import zipfile

import pytest

from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.tflite import metadata


def archive(files, compression=zipfile.ZIP_DEFLATED):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", compression) as writer:
        for name, data in files.items():
            writer.writestr(name, data)
    return content.getvalue()


def test_files_behind_other_bytes_are_found():
    found = metadata.Archive(b"model" * 100 + archive({"labels.txt": "a\nb"}), "x")
    assert found.names == ("labels.txt",) and found.start == 500
    assert found.read("labels.txt") == b"a\nb"
    assert found.read("other") is None


def test_no_archive_is_no_error():
    found = metadata.Archive(b"model" * 100, "x")
    assert found.names == () and found.start == 500


def test_a_bomb_is_refused():
    found = metadata.Archive(archive({"labels.txt": b"\0" * (64 << 20)}), "x")
    with pytest.raises(SuiteError, match="larger than 4194304 bytes"):
        found.read("labels.txt")


def test_too_many_files_are_refused():
    with pytest.raises(SuiteError, match="claims 300 files"):
        metadata.Archive(archive({str(index): b"" for index in range(300)}), "x")


def test_a_damaged_file_is_told():
    data = bytearray(archive({"labels.txt": b"abc" * 1000}))
    data[60] ^= 0xFF
    with pytest.raises(SuiteError, match=r"labels\.txt' is damaged"):
        metadata.Archive(bytes(data), "x").read("labels.txt")


def test_a_block_that_is_none_is_refused():
    with pytest.raises(SuiteError, match="x: metadata: .*M001"):
        metadata.parse(b"something else", "x")
