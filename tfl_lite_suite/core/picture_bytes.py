"""The bytes of an encoded picture, looked at before a decoder sees them: what they claim, what they would cost.

A few bytes can claim any size, and a decoder believes them: so the claim is bounded by what the bytes can hold, and
all threads together decode no more at a time than a budget of memory allows.
"""

import contextlib
import struct
import threading
import zlib
from collections.abc import Iterator

from tfl_lite_suite.core.errors import SuiteError

MAX_PIXELS = 200_000_000
MAX_FILE_BYTES = 256 << 20
# Above this, a picture has to fill its file: photographs have less than 30 pixels a byte, an empty PNG in colour has
# 340 and more, and a scanned page one bit a pixel.
_FREE_PIXELS = 16_000_000
_MOST_BITS_A_BYTE = 7_200
# A progressive JPEG is decoded once for each of its scans, of which cameras write about ten.
_MOST_SCANNED = 2_500_000_000
_SCAN = b"\xff\xda"
# What Pillow and NumPy hold at once while a picture is decoded, and how much of it all threads may hold together.
_BYTES_A_PIXEL = 11
_BUDGET = 512 << 20
_PNG, _JPEG = b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"
_BEGINNINGS = {
    _PNG: "PNG", _JPEG: "JPEG", b"GIF87a": "GIF", b"GIF89a": "GIF", b"RIFF": "WebP", b"BM": "BMP",
}  # fmt: skip
_TEXTS, _PROFILE = (b"tEXt", b"zTXt", b"iTXt"), b"iCCP"
# Pillow looks for the orientation in these.
_KEPT_TEXTS = (b"Raw profile type exif", b"XML:com.adobe.xmp")
_LONGEST_TEXT = 1 << 16


def check_claim(name: str, width: int, height: int, size: int, bits: int = 24) -> None:
    """Refuses a picture that claims more than it can be.

    Args:
        name: What errors call it.
        width: Claimed, in pixels.
        height: Claimed, in pixels.
        size: Bytes of the file.
        bits: Of a pixel.

    Raises:
        SuiteError: If it has too many pixels, or too many for so few bytes.
    """
    pixels = width * height
    if pixels > MAX_PIXELS:
        limit = f"the limit is {MAX_PIXELS // 1_000_000} million"
        raise SuiteError(f"{name}: {width}x{height} pixels; {limit}. Scale the picture down")
    if pixels > _FREE_PIXELS and pixels * bits > _MOST_BITS_A_BYTE * size:
        raise SuiteError(f"{name}: {width}x{height} pixels claimed by {size:,} bytes: more than they can hold")


def check_scans(name: str, pixels: int, data: bytes) -> None:
    """Refuses a JPEG that would be decoded over and over again.

    Args:
        name: What errors call it.
        pixels: How many it claims.
        data: Its bytes.

    Raises:
        SuiteError: If so.
    """
    if data.startswith(_JPEG) and (scans := data.count(_SCAN)) * pixels > _MOST_SCANNED:
        raise SuiteError(f"{name}: a JPEG of {pixels:,} pixels in {scans:,} scans would take minutes. Save it again")


def format_of(data: bytes) -> str | None:
    """Returns the format whose files begin so; `None` if no format's do."""
    return next((name for mark, name in _BEGINNINGS.items() if data.startswith(mark)), None)


def webp_size(data: bytes) -> tuple[int, int] | None:
    """Returns the width and height that a WebP picture claims; `None` for other formats.

    Pillow decodes a WebP when it opens it, unlike the other formats.

    Source: RFC 9649, sections 2.5 to 2.7.
    """
    if len(data) < 30 or data[:4] != b"RIFF" or data[8:12] != b"WEBP":
        return None
    kind, body = data[12:16], data[20:30]
    if kind == b"VP8X":
        return int.from_bytes(body[4:7], "little") + 1, int.from_bytes(body[7:10], "little") + 1
    if kind == b"VP8L":
        bits = int.from_bytes(body[1:5], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    width, height = struct.unpack("<HH", body[6:10])
    return width & 0x3FFF, height & 0x3FFF


def without_texts(data: bytes) -> bytes:
    """Returns a PNG without its texts and colour profile, which the suite does not use; other pictures as they are.

    Pillow refuses pictures whose texts or profile are longer than it likes, as screenshots' and scanners' are.

    Source: Portable Network Graphics, third edition, sections 5.3 and 11.3.
    """
    if not data.startswith(_PNG) or not any(kind in data for kind in (*_TEXTS, _PROFILE)):
        return data
    kept, position = [_PNG], len(_PNG)
    while position + 12 <= len(data):
        end = position + 12 + int.from_bytes(data[position : position + 4], "big")
        kind = data[position + 4 : position + 8]
        if kind != _PROFILE and (kind not in _TEXTS or _is_kept(kind, data[position + 8 : end - 4])):
            kept.append(data[position:end])
        position = end
    return b"".join([*kept, data[position:]])


def _is_kept(kind: bytes, text: bytes) -> bool:
    if len(text) > _LONGEST_TEXT or not text.startswith(_KEPT_TEXTS):
        return False
    if kind == b"tEXt":
        return True
    unpacked = zlib.decompressobj()
    with contextlib.suppress(zlib.error):
        start = text.index(b"\0") + 2 if kind == b"zTXt" else len(text)
        unpacked.decompress(text[start:], _LONGEST_TEXT)
    return not unpacked.unconsumed_tail


class _Budget:
    """Memory that threads share; what is larger than all of it gets all of it."""

    def __init__(self, size: int) -> None:
        self._size = self._left = size
        self._changed = threading.Condition()

    @contextlib.contextmanager
    def take(self, cost: int) -> Iterator[None]:
        cost = min(cost, self._size)
        with self._changed:
            self._changed.wait_for(lambda: self._left >= cost)
            self._left -= cost
        try:
            yield
        finally:
            with self._changed:
                self._left += cost
                self._changed.notify_all()


_budget = _Budget(_BUDGET)


def memory_for(width: int, height: int) -> contextlib.AbstractContextManager[None]:
    """Waits until there is memory to decode a picture of a size, and keeps it for the block."""
    return _budget.take(width * height * _BYTES_A_PIXEL)
