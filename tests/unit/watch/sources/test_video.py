import importlib.util

import numpy as np
import pytest

from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.watch.sources import Wanted, video
from tfl_lite_suite.watch.sources.video import VideoSource

if importlib.util.find_spec("cv2") is None:
    pytest.skip("opencv-python-headless is not installed", allow_module_level=True)


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    path = str(tmp_path_factory.mktemp("video") / "clip.avi")
    cv2 = video.opencv()
    writer = cv2.VideoWriter(path, cv2.VideoWriter_fourcc(*"MJPG"), 10, (64, 48))
    for level in (40, 120, 200):
        writer.write(np.full((48, 64, 3), (0, 0, level), np.uint8))
    writer.release()
    return path


def test_every_frame_of_a_video_comes_in_rgb(clip):
    source = Wanted(clip).open()
    frames = []
    while not source.finished:
        frame = source.next(1)
        frames += [frame] if frame else []
    source.close()
    assert isinstance(source, VideoSource) and [frame.picture.shape for frame in frames] == [(48, 64, 3)] * 3
    reds = [frame.picture[..., 0].mean() for frame in frames]
    assert np.allclose(reds, [40, 120, 200], atol=6) and all(frame.picture[..., 2].mean() < 6 for frame in frames)


def test_a_video_that_ends_early_is_told(clip, tmp_path, capsys):
    source = VideoSource(clip, "clip")
    source._claimed = 30
    while not source.finished:
        source.next(1)
    assert "clip: ended after 3 of about 30 frames" in capsys.readouterr().err


def test_what_is_no_video_is_one_line(tmp_path, capfd):
    path = tmp_path / "x.mp4"
    path.write_bytes(b"nothing")
    with pytest.raises(SuiteError, match="not a video that OpenCV reads"):
        Wanted(str(path)).open()
    with pytest.raises(SuiteError, match="'rtsp://127.0.0.1:9/x' does not answer") as caught:
        Wanted("rtsp://eve:secret@127.0.0.1:9/x").open()
    assert "secret" not in str(caught.value) and capfd.readouterr().err == ""


def test_without_opencv_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "cv2", None)
    video.opencv.cache_clear()
    with pytest.raises(SuiteError, match=r"tfl-lite-suite\[watch\]"):
        video.opencv()
    monkeypatch.undo()
    video.opencv.cache_clear()
