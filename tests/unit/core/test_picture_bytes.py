import io
import threading
import time
import zlib

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from tfl_lite_suite.core import image, picture_bytes
from tfl_lite_suite.core.errors import SuiteError

PIXELS = np.random.default_rng(0).integers(0, 256, (6, 8, 3), np.uint8)


def encoded(format, **options):
    content = io.BytesIO()
    Image.fromarray(PIXELS).save(content, format, **options)
    return content.getvalue()


def chunk(kind, content):
    return len(content).to_bytes(4, "big") + kind + content + zlib.crc32(kind + content).to_bytes(4, "big")


def with_chunks(*chunks):
    data = encoded("PNG")
    end = data.index(b"IDAT") - 4
    return data[:end] + b"".join(chunks) + data[end:]


@pytest.mark.parametrize("options", [{"lossless": True}, {"quality": 80}, {"lossless": True, "exif": b"Exif"}])
def test_the_size_that_a_webp_claims(options):
    assert picture_bytes.webp_size(encoded("WEBP", **options)) == (8, 6)
    assert picture_bytes.webp_size(encoded("PNG")) is None


@pytest.mark.parametrize(
    "chunks",
    [
        [chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(3 << 20)))],
        [chunk(b"iCCP", b"profile\0\0" + zlib.compress(bytes(3 << 20)))],
        [chunk(b"zTXt", b"Raw profile type exif\0\0" + zlib.compress(bytes(3 << 20)))],
        [chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + b" " * (3 << 20))],
        [chunk(b"tEXt", b"Comment\0" + b"x" * (1 << 20))] * 80,
    ],
)
def test_long_texts_and_profiles_do_no_harm_to_a_png(chunks):
    data = with_chunks(*chunks)
    assert len(picture_bytes.without_texts(data)) < 2000
    assert np.array_equal(image.decode(data, 3), PIXELS)


def test_orientation_in_a_png_is_kept():
    exif = Image.Exif()
    exif[0x0112] = 3
    texts = PngImagePlugin.PngInfo()
    texts.add_text("Comment", "x" * 3000)
    upside_down = encoded("PNG", exif=exif, pnginfo=texts)
    assert np.array_equal(image.decode(upside_down, 3), PIXELS[::-1, ::-1])


def claiming(width, height):
    """A lossless WebP of some 30 bytes with this size in its header."""
    data = bytearray(encoded("WEBP", lossless=True))
    at = data.index(b"VP8L") + 9
    bits = int.from_bytes(data[at : at + 4], "little") >> 28 << 28 | (height - 1) << 14 | (width - 1)
    data[at : at + 4] = bits.to_bytes(4, "little")
    return bytes(data)


@pytest.mark.parametrize(("size", "words"), [((16383, 16383), "the limit is 200 million"), ((14000, 14000), "claimed")])
def test_a_claim_is_refused_before_a_decoder_believes_it(size, words):
    with pytest.raises(SuiteError, match=f"liar.webp: {size[0]}x{size[1]} pixels.*{words}"):
        image.decode(claiming(*size), 3, "liar.webp")


def test_threads_share_a_budget():
    budget, inside, most, counting = picture_bytes._Budget(100), [0], [0], threading.Lock()

    def work(cost):
        with budget.take(cost):
            with counting:
                inside[0] += min(cost, 100)
                most[0] = max(most[0], inside[0])
            time.sleep(0.002)
            with counting:
                inside[0] -= min(cost, 100)

    threads = [threading.Thread(target=work, args=(cost,)) for cost in [40, 70, 500, 30, 100, 60] * 4]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not any(thread.is_alive() for thread in threads) and 0 < most[0] <= 100


def with_size(data, width, height):
    """A JPEG that claims another size."""
    place = max(data.find(b"\xff\xc0"), data.find(b"\xff\xc2")) + 5
    return data[:place] + height.to_bytes(2, "big") + width.to_bytes(2, "big") + data[place + 4 :]


def test_a_jpeg_of_endless_scans_is_not_decoded():
    data = encoded("JPEG", progressive=True)
    assert image.decode(data, 3).shape == PIXELS.shape
    last = data.rindex(b"\xff\xda")
    many = with_size(data[:last], 4000, 4000) + data[last:-2] * 300 + b"\xff\xd9"
    with pytest.raises(SuiteError, match="picture: a JPEG of 16,000,000 pixels in 3.. scans would take minutes"):
        image.decode(many, 3)
    assert image.decode(data[:last] + data[last:-2] * 300 + b"\xff\xd9", 3).shape == PIXELS.shape


def test_an_empty_picture_of_many_pixels_is_not_decoded():
    head = (6000).to_bytes(4, "big") * 2 + bytes([8, 0, 0, 0, 0])
    data = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(6001 * 6000), 9))
    with pytest.raises(SuiteError, match="6000x6000 pixels claimed by"):
        image.decode(data + chunk(b"IEND", b""), 3)
