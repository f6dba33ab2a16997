import io
import json
import struct
import subprocess
import sys
import tracemalloc
import zlib

import numpy as np
import pytest
from PIL import Image, ImageOps
from places import GOLDEN

from tfl_lite_suite.core import image
from tfl_lite_suite.core.contract import Contract, from_json
from tfl_lite_suite.core.errors import SuiteError

CASES = json.loads((GOLDEN / "index.json").read_text(encoding="utf-8"))["cases"]


def noise(*shape, seed=0):
    return np.random.default_rng(seed).integers(0, 256, shape, np.uint8)


def encoded(picture, kind="PNG", **options):
    file = io.BytesIO()
    (picture if isinstance(picture, Image.Image) else Image.fromarray(picture)).save(file, kind, **options)
    return file.getvalue()


def whole(size):
    return (0, 0, *size)


def written_out(pixels, size):
    """The resize of docs/preprocessing.md in plain Python numbers, as one would write it in Java."""

    def weights(size_in, size_out):
        scale = size_in / size_out
        support = max(scale, 1.0)
        inverse = 1.0 / support
        rows = []
        for i in range(size_out):
            centre = (i + 0.5) * scale
            low = max(0, int(centre - support + 0.5))
            high = min(size_in, int(centre + support + 0.5))
            f = [max(0.0, 1.0 - abs((x - centre + 0.5) * inverse)) for x in range(low, high)]
            total = 0.0
            for value in f:
                total = total + value
            rows.append((low, [int(value / total * 4194304.0 + 0.5) for value in f]))
        return rows

    def one_pass(lines, size_out):
        return [
            [min(255, (2097152 + sum(w * line[low + k] for k, w in enumerate(ws))) >> 22) for low, ws in table]
            for table in [weights(len(lines[0]), size_out)]
            for line in lines
        ]

    planes = []
    for channel in range(pixels.shape[2]):
        across = one_pass(pixels[:, :, channel].tolist(), size[1])
        down = one_pass([list(column) for column in zip(*across, strict=True)], size[0])
        planes.append(np.array(down).T)
    return np.stack(planes, 2).astype(np.uint8)


@pytest.mark.parametrize(
    "size_in, size", [((17, 23), (9, 31)), ((40, 7), (13, 7)), ((1, 1), (3, 4)), ((5, 64), (6, 3))]
)
def test_reference_does_what_the_specification_says(size_in, size):
    pixels = noise(*size_in, 3)
    np.testing.assert_array_equal(image.resize_reference(pixels, size, whole(size)), written_out(pixels, size))


def test_pillow_gives_the_reference_bytes_on_many_sizes():
    draw = np.random.default_rng(7)
    for trial in range(300):
        height, width, rows, columns = (int(2 ** draw.uniform(0, 8.5)) for _ in range(4))
        pixels = noise(height, width, 1 + 2 * (trial % 2), seed=trial)
        if trial % 3 == 0:
            pixels = (pixels > 127).astype(np.uint8) * 255
        expected = image.resize_reference(pixels, (rows, columns), whole((rows, columns)))
        np.testing.assert_array_equal(
            image._resize_pillow(pixels, (rows, columns)), expected, f"{height}x{width} to {rows}x{columns}"
        )


def test_a_part_of_the_resize_equals_that_part_of_the_whole():
    draw = np.random.default_rng(3)
    for trial in range(60):
        height, width, rows, columns = (int(2 ** draw.uniform(0, 7)) for _ in range(4))
        top, left = int(draw.integers(rows)), int(draw.integers(columns))
        part = (top, left, int(draw.integers(1, rows - top + 1)), int(draw.integers(1, columns - left + 1)))
        pixels = noise(height, width, 3, seed=trial)
        full = image.resize_reference(pixels, (rows, columns), whole((rows, columns)))
        cut = full[part[0] : part[0] + part[2], part[1] : part[1] + part[3]]
        np.testing.assert_array_equal(image.resize_reference(pixels, (rows, columns), part), cut)
        np.testing.assert_array_equal(image.resize(pixels, (rows, columns), part), cut)


def test_another_resize_in_pillow_is_noticed_and_not_used(monkeypatch):
    monkeypatch.setattr(image, "_resize_pillow", lambda pixels, size: np.zeros((*size, pixels.shape[2]), np.uint8))
    image._pillow_is_exact.cache_clear()
    try:
        pixels = noise(30, 20, 3)
        expected = image.resize_reference(pixels, (16, 16), whole((16, 16)))
        np.testing.assert_array_equal(image.resize(pixels, (16, 16), whole((16, 16))), expected)
    finally:
        image._pillow_is_exact.cache_clear()


def test_pillow_of_this_machine_is_used():
    image._pillow_is_exact.cache_clear()
    assert image._pillow_is_exact()


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_golden(case):
    contract = from_json(json.dumps(case["contract"]))
    shape = (case["pixels_height"], case["pixels_width"], contract.channels)
    pixels = np.frombuffer((GOLDEN / case["pixels"]).read_bytes(), np.uint8).reshape(shape)
    np.testing.assert_array_equal(image.decode(GOLDEN / case["picture"], contract.channels), pixels)
    expected = np.frombuffer((GOLDEN / case["tensor"]).read_bytes(), np.uint8).reshape(contract.image_shape)
    np.testing.assert_array_equal(image.prepare(pixels, contract), expected)
    np.testing.assert_array_equal(image.prepare_stack(np.stack([pixels, pixels]), contract)[1], expected)


def test_golden_files_are_those_of_the_tool():
    tool = GOLDEN.parent.parent / "tools" / "make_golden_images.py"
    done = subprocess.run([sys.executable, tool, "--check"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert sum(path.stat().st_size for path in GOLDEN.iterdir()) < 1_000_000


@pytest.mark.parametrize("height, width, expected", [(100, 200, (32, 64)), (200, 101, (63, 32)), (7, 7, (32, 32))])
def test_scaled_size_covers_the_resize_sides(height, width, expected):
    assert image.scaled_size(height, width, Contract(32, 32, 3, 32, 32)) == expected


def test_scaled_size_never_falls_below_the_resize_sides():
    draw = np.random.default_rng(0)
    for _ in range(500):
        rows, columns, height, width = (int(value) for value in draw.integers(1, 400, 4))
        new = image.scaled_size(height, width, Contract(1, 1, 3, rows, columns))
        assert new[0] >= rows and new[1] >= columns and (new[0] == rows or new[1] == columns)


@pytest.mark.parametrize("surplus", range(12))
def test_crop_offset_rounds_halves_to_even(surplus):
    assert image.crop_offset(10 + surplus, 10) == round(surplus / 2)


def test_crop_takes_the_centre():
    pixels = noise(40, 60, 3)
    np.testing.assert_array_equal(image.prepare(pixels, Contract(20, 20, 3, 40, 40)), pixels[10:30, 20:40])


def test_stretch_ignores_the_aspect_ratio():
    pixels = noise(10, 80, 3)
    expected = image.resize_reference(pixels, (16, 16), whole((16, 16)))
    np.testing.assert_array_equal(image.prepare(pixels, Contract(16, 16, 3, 16, 16, fit="stretch")), expected)


def test_contrast_reaches_the_full_range_and_leaves_constants():
    tensor = image.stretch_contrast(np.array([[[100], [101], [110]]], np.uint8))
    np.testing.assert_array_equal(tensor[0, :, 0], [0, 26, 255])
    constant = np.full((4, 4, 3), 9, np.uint8)
    np.testing.assert_array_equal(image.stretch_contrast(constant), constant)


@pytest.mark.parametrize("height, width", [(12000, 1), (1, 12000), (3, 9000)])
def test_extreme_aspect_ratios_need_little_memory(height, width):
    tracemalloc.start()
    try:
        tensor = image.prepare(noise(height, width, 3), Contract(224, 224, 3, 256, 256))
        assert tracemalloc.get_traced_memory()[1] < 60_000_000
    finally:
        tracemalloc.stop()
    assert tensor.shape == (224, 224, 3)


@pytest.mark.parametrize("pixels", [noise(4, 4), noise(4, 4, 1), noise(4, 0, 3), noise(4, 4, 3).astype(np.float32)])
def test_prepare_refuses_other_arrays(pixels):
    with pytest.raises(ValueError, match="expected uint8 pixels"):
        image.prepare(pixels, Contract(8, 8, 3, 8, 8))


@pytest.mark.parametrize("kind", ["PNG", "BMP", "WEBP", "GIF", "JPEG"])
def test_decode_reads_each_format_whatever_its_name(kind, tmp_path):
    pixels = np.full((12, 9, 3), (200, 40, 90), np.uint8)
    (tmp_path / "picture.txt").write_bytes(encoded(pixels, kind))
    decoded = image.decode(tmp_path / "picture.txt", 3)
    assert decoded.shape == (12, 9, 3) and decoded.dtype == np.uint8
    assert np.abs(decoded.astype(int) - pixels).max() <= 4


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_orientation_is_applied(kind, orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = encoded(noise(24, 16, 3), kind, exif=exif)
    expected = np.asarray(ImageOps.exif_transpose(Image.open(io.BytesIO(data))))
    np.testing.assert_array_equal(image.decode(data, 3), expected)


def test_damaged_exif_is_ignored():
    data = encoded(noise(8, 8, 3), "JPEG", exif=b"Exif\0\0MM\0\x2a\xff\xff\xff\xff")
    assert image.decode(data, 3).shape == (8, 8, 3)


def test_grey_is_repeated_and_colour_is_weighted():
    grey = noise(5, 6)
    np.testing.assert_array_equal(image.decode(encoded(grey), 3), np.repeat(grey[:, :, None], 3, 2))
    colour = noise(300, 6, 3)
    red, green, blue = colour.astype(int).transpose(2, 0, 1)
    expected = (red * 19595 + green * 38470 + blue * 7471 + 0x8000) >> 16
    np.testing.assert_array_equal(image.decode(encoded(colour), 1)[:, :, 0], expected)


def test_alpha_is_put_on_white():
    pixels = noise(300, 11, 4)
    colour, alpha = pixels[:, :, :3].astype(int), pixels[:, :, 3:].astype(int)
    expected = (colour * alpha + 255 * (255 - alpha) + 127) // 255
    np.testing.assert_array_equal(image.decode(encoded(pixels), 3), expected)
    np.testing.assert_array_equal(image.decode(encoded(pixels, "WEBP", lossless=True, exact=True), 3), expected)
    grey = image.decode(encoded(Image.fromarray(np.array([[[80, 0], [80, 255]]], np.uint8))), 1)
    np.testing.assert_array_equal(grey[0, :, 0], [255, 80])


def test_palettes_with_and_without_transparency():
    picture = Image.new("P", (2, 1))
    picture.putpalette([10, 20, 30, 200, 100, 50])
    picture.putdata([0, 1])
    np.testing.assert_array_equal(image.decode(encoded(picture), 3)[0], [[10, 20, 30], [200, 100, 50]])
    for kind in ("PNG", "GIF"):
        data = encoded(picture, kind, transparency=1)
        np.testing.assert_array_equal(image.decode(data, 3)[0], [[10, 20, 30], [255, 255, 255]])


@pytest.mark.parametrize("mode, key", [("L", 7), ("RGB", (7, 8, 9)), ("1", 255)])
def test_transparent_colour_is_white(mode, key):
    picture = Image.new(mode, (2, 1), 0)
    picture.putpixel((1, 0), key)
    decoded = image.decode(encoded(picture, transparency=1 if mode == "1" else key), 3)
    np.testing.assert_array_equal(decoded[0], [[0] * 3, [255] * 3])


def test_16_bits_keep_the_high_byte():
    values = np.array([[0, 255, 256, 40000, 65535]], np.uint16)
    np.testing.assert_array_equal(image.decode(encoded(values), 1)[0, :, 0], [0, 0, 1, 156, 255])


def test_16_bit_colour_keeps_the_high_byte():
    row = b"\0" + struct.pack(">6H", 256, 40000, 65535, 0, 255, 512)
    np.testing.assert_array_equal(image.decode(png(2, 1, 16, 2, row), 3)[0], [[1, 156, 255], [0, 0, 2]])


def test_one_bit_and_cmyk():
    picture = Image.new("1", (2, 1))
    picture.putpixel((1, 0), 1)
    np.testing.assert_array_equal(image.decode(encoded(picture), 1)[0, :, 0], [0, 255])
    cyan = image.decode(encoded(Image.new("CMYK", (8, 8), (255, 0, 0, 0)), "JPEG"), 3)
    assert np.abs(cyan.astype(int) - (0, 255, 255)).max() < 8


def png(width, height, depth, kind, data=b""):
    def chunk(name, content):
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(data)) + chunk(b"IEND", b"")


def test_single_pixel_becomes_a_tensor():
    tensor = image.prepare(image.decode(encoded(noise(1, 1, 3)), 3), Contract(32, 32, 3, 36, 36))
    assert tensor.shape == (32, 32, 3) and len(np.unique(tensor.reshape(-1, 3), axis=0)) == 1


def test_12000_by_12000_works(recwarn):
    decoded = image.decode(encoded(Image.new("1", (12000, 12000), 1)), 1)
    assert decoded.shape == (12000, 12000, 1)
    assert (image.prepare(decoded, Contract(32, 32, 1, 32, 32)) == 255).all()
    assert not recwarn.list


@pytest.mark.parametrize("side", [14500, 65535])
def test_too_many_pixels_are_refused(side, recwarn):
    with pytest.raises(SuiteError, match=f"huge.png: {side}x{side} pixels; the limit is 200 million"):
        image.decode(png(side, side, 1, 0), 1, name="huge.png")
    assert not recwarn.list


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "BMP", "GIF"])
@pytest.mark.parametrize("share", [0.05, 0.3, 0.6])
def test_truncated_pictures_are_named(kind, share, tmp_path):
    data = encoded(noise(64, 64, 3), kind)
    path = tmp_path / "half.jpg"
    path.write_bytes(data[: int(len(data) * share)])
    with pytest.raises(SuiteError, match="half.jpg: .*(corrupt or truncated|not a picture)") as caught:
        image.decode(path, 3)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "data, said", [(b"", "is empty"), (b"hello, world", "not a picture .* b'hello, world'"), (b"\xff\xd8\xff", "half")]
)
def test_what_is_no_picture_is_named(data, said, tmp_path):
    path = tmp_path / "half.jpg"
    path.write_bytes(data)
    with pytest.raises(SuiteError, match=f"half.jpg.*{said}|{said}"):
        image.decode(path, 3)


def test_missing_file_and_folder_are_named(tmp_path):
    with pytest.raises(SuiteError, match="gone.jpg: cannot read the picture: No such file"):
        image.decode(tmp_path / "gone.jpg", 3)
    with pytest.raises(SuiteError, match="cannot read the picture: Is a directory"):
        image.decode(tmp_path, 3)


def test_other_formats_are_refused():
    with pytest.raises(SuiteError, match="not a picture the suite reads"):
        image.decode(encoded(noise(8, 8, 3), "TIFF"), 3)


@pytest.mark.parametrize(("kind", "named"), [("PNG", "PNG"), ("WEBP", "WebP"), ("GIF", "GIF")])
def test_a_picture_that_is_hardly_begun_is_called_truncated(kind, named):
    with pytest.raises(SuiteError, match=f"corrupt or truncated picture: it begins as {named} does"):
        image.decode(encoded(noise(8, 8, 3), kind)[:14], 3)


def test_random_damage_never_escapes_as_another_error():
    draw = np.random.default_rng(5)
    for kind in image.FORMATS:
        data = encoded(noise(16, 16, 3), kind)
        for _ in range(60):
            damaged = bytearray(data)
            for place in draw.integers(0, len(data), 4):
                damaged[place] = draw.integers(256)
            try:
                assert image.decode(bytes(damaged), 3).shape[2] == 3
            except SuiteError as error:
                assert "\n" not in str(error)


@pytest.mark.parametrize("kind", ["HEIF", "AVIF"])
def test_pictures_of_phones_are_read_in_a_fresh_process(tmp_path, kind):
    pillow_heif = pytest.importorskip("pillow_heif")
    pillow_heif.register_heif_opener()
    pixels = np.zeros((40, 60, 3), np.uint8)
    pixels[:20] = 200
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(pixels).save(tmp_path / "x", kind, quality=95, exif=exif.tobytes())
    script = f"from tfl_lite_suite.core import image; print(image.decode({str(tmp_path / 'x')!r}, 3)[5, [5, 35], 0])"
    shown = subprocess.run([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, check=True).stdout
    left, right = (int(text) for text in shown.strip("[] \n").split())
    assert left < 8 and abs(right - 200) < 8


def test_what_reads_a_heic_picture_is_said(monkeypatch):
    monkeypatch.setattr(image, "_reads_heif", lambda: False)
    with pytest.raises(SuiteError, match="holiday.heic: a HEIC picture, .* pip install pillow-heif"):
        image.decode(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(30), 3, "holiday.heic")
