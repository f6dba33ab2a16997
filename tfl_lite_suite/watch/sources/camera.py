"""Cameras at this computer: the Pi's by Picamera2, others by Video4Linux."""

import importlib
import importlib.util

import numpy as np

from tfl_lite_suite.core.errors import ArgumentError
from tfl_lite_suite.core.types import ForeignObject
from tfl_lite_suite.watch.sources.live import Reader
from tfl_lite_suite.watch.sources.video import OpencvReader, opencv


class Picamera2Reader(Reader):
    """A camera module of the Raspberry Pi."""

    def __init__(self, camera: ForeignObject) -> None:
        """Takes a started `Picamera2`."""
        self._camera = camera

    def read(self) -> np.ndarray | None:
        """Returns the next frame; see `Reader.read`."""
        try:
            return np.ascontiguousarray(self._camera.capture_array("main")[:, :, :3])
        except (RuntimeError, OSError):
            # What libcamera says of a camera that went away.
            return None

    def close(self) -> None:
        """Lets go of it."""
        self._camera.stop()
        self._camera.close()


def open_camera(which: int | str, size: tuple[int, int]) -> Reader:
    """Opens a camera.

    Args:
        which: Its number, or the path of its device.
        size: `(width, height)` to ask for; the camera may give another.

    Raises:
        SuiteError: If there is none.
    """
    if isinstance(which, int) and importlib.util.find_spec("picamera2") is not None:
        reader = _picamera2(which, size)
        if reader is not None:
            return reader
    return _video4linux(which, size)


def _picamera2(number: int, size: tuple[int, int]) -> Picamera2Reader | None:
    """Opens a camera module; `None` where there is none of that number."""
    # A Debian package, which is not on PyPI for other computers.
    Picamera2 = importlib.import_module("picamera2").Picamera2

    if number >= len(Picamera2.global_camera_info()):
        return None
    try:
        camera = Picamera2(number)
        # In the names of libcamera, BGR888 is what NumPy sees as red, green, blue.
        camera.configure(camera.create_video_configuration(main={"size": size, "format": "BGR888"}))
        camera.start()
    except (RuntimeError, OSError) as error:
        raise ArgumentError("source", f"camera {number} does not start: {error}") from error
    return Picamera2Reader(camera)


def _video4linux(which: int | str, size: tuple[int, int]) -> OpencvReader:
    cv2 = opencv()
    capture = cv2.VideoCapture(which, cv2.CAP_V4L2)
    if not capture.isOpened():
        capture.release()
        device = which if isinstance(which, str) else f"/dev/video{which}"
        raise ArgumentError(
            "source",
            f"no camera at {device}. Plug it in, name another (camera:1, /dev/video2), or install "
            "python3-picamera2 for the Pi's own",
        )
    capture.set(cv2.CAP_PROP_FRAME_WIDTH, size[0])
    capture.set(cv2.CAP_PROP_FRAME_HEIGHT, size[1])
    capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)
    return OpencvReader(capture)
