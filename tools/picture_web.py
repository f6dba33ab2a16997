"""Takes the pictures of the web page that `docs/web/` shows, in a headless Chromium.

`--picture` stands before the camera and is the picture picked; the answers are the model's own.
"""

import argparse
import base64
import io
import pathlib
import tempfile

import numpy as np
from PIL import Image

from tfl_lite_suite.export.web import exporter
from tfl_lite_suite.runtime.chromium import Page
from tfl_lite_suite.runtime.web_page import WebPage

ROOT = pathlib.Path(__file__).resolve().parent.parent
MODEL = ROOT / "android_demo" / "app" / "src" / "main" / "assets" / "model.tflite"
CAMERA = (480, 640)
WIDTHS = {390: 844, 1280: 760}
_ROWS = "document.querySelectorAll('#{}_panel .ranked li').length > 0"
_COLOURS = 64


def write_video(path: pathlib.Path, pixels: np.ndarray) -> None:
    """Writes some frames of one picture as YUV4MPEG2, which Chromium takes for its camera.

    Args:
        path: The file, `.y4m`.
        pixels: RGB, uint8 `(height, width, 3)`, of even sizes.
    """
    luma, blue, red = (np.asarray(plane, np.float64) for plane in Image.fromarray(pixels).convert("YCbCr").split())
    # The narrow range of values that the format has unless it says otherwise.
    planes = [16 + luma * 219 / 255, *(128 + (plane[::2, ::2] - 128) * 224 / 255 for plane in (blue, red))]
    frame = b"FRAME\n" + b"".join(np.rint(plane).astype(np.uint8).tobytes() for plane in planes)
    height, width = luma.shape
    path.write_bytes(f"YUV4MPEG2 W{width} H{height} F10:1 Ip A1:1 C420jpeg\n".encode() + 5 * frame)


def choose_file(page: Page, path: str) -> None:
    """Picks a picture on the page."""
    root = page.call("DOM.getDocument")["root"]["nodeId"]
    node = page.call("DOM.querySelector", nodeId=root, selector="#file")["nodeId"]
    page.call("DOM.setFileInputFiles", nodeId=node, files=[path])


def take(page: Page, path: pathlib.Path, width: int, scheme: str) -> None:
    """Writes what the page shows, with few colours.

    Args:
        page: The page.
        path: The PNG file.
        width: Of the screen, a key of `WIDTHS`.
        scheme: `light` or `dark`.
    """
    size = {"width": width, "height": WIDTHS[width], "deviceScaleFactor": 1, "mobile": False}
    page.call("Emulation.setDeviceMetricsOverride", **size)
    page.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
    page.evaluate("new Promise((resolve) => setTimeout(resolve, 700))")
    content = base64.b64decode(page.call("Page.captureScreenshot", format="png")["data"])
    picture = Image.open(io.BytesIO(content)).convert("RGB")
    picture.quantize(_COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)


def main() -> None:
    """Takes a picture of each screen, narrow and wide, light and dark, in both languages."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=pathlib.Path, default=MODEL)
    parser.add_argument("--picture", type=pathlib.Path, required=True)
    parser.add_argument("--output", type=pathlib.Path, default=ROOT / "docs" / "web")
    given = parser.parse_args()
    given.output.mkdir(parents=True, exist_ok=True)
    photo = Image.open(given.picture).convert("RGB").resize(CAMERA[:1] * 2)
    seen = np.full((*CAMERA, 3), np.asarray(photo)[0, 0])
    seen[:, (CAMERA[1] - CAMERA[0]) // 2 :][:, : CAMERA[0]] = np.asarray(photo)
    with tempfile.TemporaryDirectory() as scratch:
        video = pathlib.Path(scratch) / "camera.y4m"
        write_video(video, seen)
        flags = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
        flags += [f"--use-file-for-fake-video-capture={video}", "--lang=en-US"]
        with WebPage(exporter.page_of(str(given.model), scratch), flags=flags) as web:
            _screens(web.page, given.output, str(given.picture))


def _screens(page: Page, folder: pathlib.Path, picture: str) -> None:
    def click(name: str) -> None:
        page.evaluate(f"document.getElementById('{name}').click()")

    click("camera_start")
    page.wait_for(_ROWS.format("camera"))
    take(page, folder / "camera_390.png", 390, "light")
    take(page, folder / "camera_dark_1280.png", 1280, "dark")
    click("tab_picture")
    choose_file(page, picture)
    page.wait_for(_ROWS.format("picture"))
    take(page, folder / "picture_1280.png", 1280, "light")
    click("language")
    take(page, folder / "picture_zh_dark_390.png", 390, "dark")
    click("tab_model")
    take(page, folder / "model_zh_1280.png", 1280, "light")
    click("language")
    click("tab_benchmark")
    click("measure")
    page.wait_for("!document.getElementById('figures').hidden")
    take(page, folder / "benchmark_390.png", 390, "light")
    take(page, folder / "benchmark_dark_1280.png", 1280, "dark")


if __name__ == "__main__":
    main()
