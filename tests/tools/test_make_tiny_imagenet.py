import hashlib
import zipfile

import pytest
import tool_modules

from tfl_lite_suite.core.errors import SuiteError

ROOT = "tiny-imagenet-200"


@pytest.fixture(scope="module")
def tool():
    return tool_modules.load("make_tiny_imagenet")


@pytest.fixture
def archive(tmp_path):
    """An archive of the official structure: goldfish, tabby, and a class that is not wanted."""
    entries = {f"{ROOT}/wnids.txt": "n01443537\nn02123045\nn00000001\n"}
    for wnid in ("n01443537", "n02123045", "n00000001"):
        entries[f"{ROOT}/train/{wnid}/{wnid}_boxes.txt"] = "boxes"
        entries |= {f"{ROOT}/train/{wnid}/images/{wnid}_{index}.JPEG": f"{wnid} {index}" for index in range(2)}
    wnids = ("n02123045", "n00000001", "n01443537")
    lines = [f"val_{index}.JPEG\t{wnid}\t0\t0\t62\t62\n" for index, wnid in enumerate(wnids)]
    entries[f"{ROOT}/val/val_annotations.txt"] = "".join(lines)
    entries |= {f"{ROOT}/val/images/val_{index}.JPEG": f"val {index}" for index in range(3)}
    entries[f"{ROOT}/test/images/test_0.JPEG"] = "test"
    path = tmp_path / "tiny.zip"
    with zipfile.ZipFile(path, "w") as file:
        for name, text in entries.items():
            file.writestr(name, text)
    return path


def test_wanted_classes_become_folders_with_their_names(tool, archive, tmp_path):
    assert tool.unpack(archive, tmp_path / "made") == {"train": 4, "test": 2}
    found = {str(path.relative_to(tmp_path / "made")): path.read_text() for path in (tmp_path / "made").rglob("*.JPEG")}
    assert found == {
        "train/goldfish/n01443537_0.JPEG": "n01443537 0",
        "train/goldfish/n01443537_1.JPEG": "n01443537 1",
        "train/tabby/n02123045_0.JPEG": "n02123045 0",
        "train/tabby/n02123045_1.JPEG": "n02123045 1",
        "test/tabby/val_0.JPEG": "val 0",
        "test/goldfish/val_2.JPEG": "val 2",
    }
    with pytest.raises(SuiteError, match="exists already"):
        tool.unpack(archive, tmp_path / "made")


def test_another_archive_is_refused(tool, archive, tmp_path):
    with pytest.raises(SuiteError, match="not the official one"):
        tool.check(archive)
    tool.check(archive, hashlib.sha256(archive.read_bytes()).hexdigest())
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as file:
        file.writestr("README", "nothing")
    with pytest.raises(SuiteError, match="val_annotations"):
        tool.unpack(tmp_path / "other.zip", tmp_path / "made")
    assert not (tmp_path / "made").exists()


def test_twenty_classes(tool):
    assert len(tool.CLASSES) == len(set(tool.CLASSES.values())) == 20
