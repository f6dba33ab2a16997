import io
import struct
import zipfile

import pytest

from tfl_lite_suite.core import zip_part


def archive(content=b"x" * 3000, packed=zipfile.ZIP_DEFLATED, **claims):
    """An archive of one part; `size`, `packed_size` and `kind` are claimed in its directory and before the part."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as file:
        file.writestr("a", content, packed)
    data = bytearray(made.getvalue())
    directory = data.index(b"PK\1\2")
    for claim, value in claims.items():
        form, offset = {"kind": ("<H", 10), "packed_size": ("<I", 20), "size": ("<I", 24)}[claim]
        struct.pack_into(form, data, directory + offset, value)
        struct.pack_into(form, data, offset - 2, value)
    return zipfile.ZipFile(io.BytesIO(bytes(data)))


@pytest.mark.parametrize("packed", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_a_whole_part(packed):
    assert zip_part.read(archive(packed=packed), "a", 3000) == b"x" * 3000
    with pytest.raises(KeyError):
        zip_part.read(archive(), "b", 3000)


@pytest.mark.parametrize(
    ("damaged", "said"),
    [
        (archive(size=2000), "'a' would unpack|Bad CRC"),
        (archive(size=4_000_000_000), "'a' would unpack to 4,000,000,000 bytes, at most 3,000 are read"),
        (archive(packed_size=2_000_000_000, size=2999), "'a' is damaged|Bad CRC|Overlapped entries"),
        (archive(packed_size=3), "Bad CRC"),
        (archive(kind=14), "'a' is packed in a way that is not read"),
        (archive(kind=99), "'a' is packed in a way that is not read"),
        (archive(b"x" * 9, zipfile.ZIP_STORED, kind=8), "'a' is damaged"),
    ],
)
def test_a_damaged_part(damaged, said):
    with pytest.raises(zipfile.BadZipFile, match=said):
        zip_part.read(damaged, "a", 3000)
