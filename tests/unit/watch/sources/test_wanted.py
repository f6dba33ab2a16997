import pytest

from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.predict import Opening
from tfl_lite_suite.watch import Keeping, Watching, sources
from tfl_lite_suite.watch.loop import Pace
from tfl_lite_suite.watch.sources import Wanted
from tfl_lite_suite.watch.sources.folder import FolderSource

MODEL = Opening("x.tflite", "litert")


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("nowhere", "no such folder or video.*'nowhere'"),
        ("ftp://host/x", "unknown kind of URL 'ftp'.*rtsp"),
        ("PICTURE", "is a single picture"),
    ],
)
def test_what_is_no_source_is_refused(tmp_path, source, message):
    (tmp_path / "a.png").write_bytes(b"")
    with pytest.raises(SuiteError, match=message):
        Wanted(source.replace("PICTURE", str(tmp_path / "a.png")))


@pytest.mark.parametrize("source", ["camera", "camera:2", "/dev/video10", "rtsp://eve:secret@host/x"])
def test_cameras_and_streams_are_no_folders(source):
    assert Wanted(source).folder is None


def test_a_folder_is_opened(tmp_path):
    assert isinstance(Wanted(str(tmp_path)).open(), FolderSource) and Wanted(str(tmp_path)).folder == str(tmp_path)


def test_no_password_is_shown():
    assert sources.without_password("rtsp://eve:s@cret@host:554/x?y=1") == "rtsp://host:554/x?y=1"
    assert sources.without_password("rtsp://host/x") == "rtsp://host/x"


def test_sizes():
    assert sources.size("camera_size", "1280x720") == (1280, 720)
    for text in ("big", "0x1", "1x", "1x1x1"):
        with pytest.raises(SuiteError, match="camera_size: expected WIDTHxHEIGHT"):
            sources.size("camera_size", text)


def test_what_is_kept_is_not_watched(tmp_path):
    keeping = Keeping(str(tmp_path / "in" / "kept"), ("unknown",), 1, 0.7)
    (tmp_path / "in").mkdir()
    with pytest.raises(SuiteError, match="inside the folder that is watched"):
        Watching(MODEL, Wanted(str(tmp_path / "in")), Pace(), keeping)
    Watching(MODEL, Wanted(str(tmp_path / "in")), Pace(), Keeping(str(tmp_path / "into"), ("unknown",), 1, 0.7))
    with pytest.raises(SuiteError, match="keep: unknown reason 'doubtful'"):
        Keeping("x", ("doubtful",), 1, 0.7)


def test_a_keras_file_is_refused(tmp_path):
    with pytest.raises(SuiteError, match="convert the .keras file"):
        Watching(Opening("x.keras", "keras"), Wanted(str(tmp_path)), Pace())
