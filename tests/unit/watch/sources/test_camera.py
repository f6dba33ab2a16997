import importlib.util
import sys
import types

import numpy as np
import pytest

from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.watch.sources import camera

needs_opencv = pytest.mark.skipif(
    importlib.util.find_spec("cv2") is None, reason="opencv-python-headless is not installed"
)


class FakePicamera2:
    """Answers as Picamera2's documentation says."""

    cameras = 1

    def __init__(self, number):
        self.calls = [number]

    @classmethod
    def global_camera_info(cls):
        return [{"Num": number} for number in range(cls.cameras)]

    def create_video_configuration(self, main):
        return main

    def configure(self, settings):
        self.calls.append(settings)

    def start(self):
        self.calls.append("start")

    def capture_array(self, name):
        if "gone" in self.calls:
            raise RuntimeError("camera frontend has timed out")
        return np.full((4, 6, 4), 7, np.uint8)

    def stop(self):
        self.calls.append("stop")

    def close(self):
        self.calls.append("close")


@pytest.fixture
def picamera2(monkeypatch):
    module = types.ModuleType("picamera2")
    module.Picamera2, module.__spec__ = FakePicamera2, types.SimpleNamespace()
    monkeypatch.setitem(sys.modules, "picamera2", module)
    return module


def test_the_camera_of_a_pi(picamera2):
    reader = camera.open_camera(0, (640, 480))
    assert reader.read().shape == (4, 6, 3)
    made = reader._camera
    assert made.calls == [0, {"size": (640, 480), "format": "BGR888"}, "start"]
    made.calls.append("gone")
    assert reader.read() is None
    reader.close()
    assert made.calls[-2:] == ["stop", "close"]


@needs_opencv
def test_without_a_camera_module_others_are_looked_for(picamera2, monkeypatch):
    monkeypatch.setattr(FakePicamera2, "cameras", 0)
    with pytest.raises(SuiteError, match="no camera at /dev/video97"):
        camera.open_camera(97, (640, 480))


@needs_opencv
def test_a_device_that_is_not_there_is_named():
    with pytest.raises(SuiteError, match="no camera at /dev/video98"):
        camera.open_camera("/dev/video98", (640, 480))
