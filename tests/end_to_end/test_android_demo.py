"""Checks the Android app's sources, and builds and tests it where its tools are installed."""

import hashlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import xml.etree.ElementTree as ElementTree
import zipfile

import pytest
from places import ROOT

import tfl_lite_suite
from tfl_lite_suite.tflite.file import TfliteFile

DEMO = ROOT / "android_demo"
MAIN = DEMO / "app/src/main"
CACHE = ROOT / ".cache/android"
ANDROID = "{http://schemas.android.com/apk/res/android}"
POM = "{http://maven.apache.org/POM/4.0.0}"

HAS_TOOLS = all(map(shutil.which, ("java", "mvn", "aapt", "zipalign", "apksigner")))
# Elsewhere the build script would install Debian packages, which a test must not do unasked.
MAY_INSTALL = bool(os.environ.get("CI")) and os.path.exists("/etc/debian_version") and os.geteuid() == 0
needs_tools = pytest.mark.skipif(
    not (HAS_TOOLS or MAY_INSTALL and shutil.which("mvn")),
    reason="needs Java, Maven and the packages of tools/android/packages.lock",
)


def catalog():
    """The versions of the Gradle catalog."""
    text = (DEMO / "gradle/libs.versions.toml").read_text()
    return dict(re.findall(r'^(\w+) = "([^"]+)"$', text, re.MULTILINE))


def lock():
    """Versions by `group:artifact` of what the offline build downloads."""
    lines = (ROOT / "tools/android/artifacts.lock").read_text().splitlines()
    rows = [line.split() for line in lines if not line.startswith("#")]
    assert all(kind in ("build", "test") and re.fullmatch("[0-9a-f]{64}", sha) for kind, sha, _ in rows)
    return {":".join(coordinates.split(":")[:2]): coordinates.split(":")[2] for _, _, coordinates in rows}


def java_sources():
    return sorted((MAIN / "java").rglob("*.java"))


def strings(language):
    root = ElementTree.parse(MAIN / f"res/values{language}/strings.xml").getroot()
    return {
        (element.tag, element.get("name")): "".join(element.itertext()) for element in root if element.tag != "plurals"
    }


def test_both_builds_use_the_same_versions():
    versions, locked = catalog(), lock()
    pom = ElementTree.parse(DEMO / "pom.xml").getroot()
    properties = {element.tag.removeprefix(POM): element.text for element in pom.find(f"{POM}properties")}
    assert properties["robolectric.version"] == versions["robolectric"]
    assert properties["junit.version"] == versions["junit"]
    assert properties["javacpp.version"] == versions["javacpp"]
    assert properties["bytedeco.tensorflow.lite.version"] == versions["bytedecoTensorflowLite"]
    assert properties["android.all.version"] == locked["org.robolectric:android-all"]
    assert pom.find(f"{POM}version").text == versions["versionName"] == tfl_lite_suite.__version__


def test_gradle_takes_every_version_from_the_catalog():
    for path in (DEMO / "build.gradle", DEMO / "app/build.gradle"):
        assert not re.search(r"['\"][\w.-]+:[\w.-]+:[\d.]+['\"]|version ['\"]", path.read_text()), path
    used = set(re.findall(r"libs\.((?!versions|plugins)[\w.]+?)(?:\)|\s|$)", (DEMO / "app/build.gradle").read_text()))
    text = (DEMO / "gradle/libs.versions.toml").read_text()
    assert used == {name.replace("-", ".") for name in re.findall(r"^([\w-]+) = \{ module", text, re.MULTILINE)}


def test_sources_hold_nothing_that_a_model_says_itself():
    model = TfliteFile.read(MAIN / "assets/model.tflite")
    contract = model.contract
    sizes = {contract.height, contract.width, contract.resize_height, contract.resize_width, 224, 299, 192, 160}
    constants = r"127\.5|128\.0|0\.4[85]\d*|0\.22[3-9]\d*|1\.0?f? */ *255|IMAGE_MEAN|IMAGE_STD|normali[sz]ation"
    for path in java_sources():
        text = path.read_text(encoding="utf-8")
        code = re.sub(r"/\*.*?\*/|//[^\n]*", "", text, flags=re.DOTALL)
        assert not re.search(constants, code, re.IGNORECASE), path
        numbers = {int(number) for number in re.findall(r"(?<![\w.])(\d+)(?![\w.])", code)}
        assert not numbers & (sizes - {1, 2, 3, 4, 8, 16, 32, 64, 128, 256}), path
        quoted = {literal for literal in re.findall(r'"((?:[^"\\]|\\.)*)"', code)}
        assert not quoted & set(contract.labels), path


def test_the_bundled_model_is_one_whose_results_are_kept():
    results = json.loads((ROOT / "docs/results/photos_transfer.json").read_text())
    sizes = {row["name"]: row["file_bytes"] for row in results["stages"]["convert"] if row["fully_int8"]}
    assert (MAIN / "assets/model.tflite").stat().st_size == sizes["int8_qat"]


def test_the_check_for_constants_would_find_them():
    constants = r"127\.5|128\.0|0\.4[85]\d*|0\.22[3-9]\d*"
    assert all(re.search(constants, text) for text in ("(x - 127.5f) / 127.5f", "0.485f", "0.456f", "0.229f"))


def test_every_text_is_in_both_languages_with_the_same_arguments():
    english, chinese = strings(""), strings("-zh")
    assert set(english) == set(chinese)
    for key, text in english.items():
        arguments = [sorted(re.findall(r"%(?:\d\$)?[\d.]*[sdf]", value)) for value in (text, chinese[key])]
        assert arguments[0] == arguments[1], key


def test_the_manifest_asks_for_the_camera_only():
    root = ElementTree.parse(MAIN / "AndroidManifest.xml").getroot()
    assert [element.get(f"{ANDROID}name") for element in root.iter("uses-permission")] == ["android.permission.CAMERA"]
    assert all(element.get(f"{ANDROID}required") == "false" for element in root.iter("uses-feature"))
    for element in (*root.iter("activity"), *root.iter("provider")):
        name = element.get(f"{ANDROID}name").lstrip(".").replace(".", "/")
        assert (MAIN / f"java/org/tflitesuite/demo/{name}.java").is_file()
        assert element.get(f"{ANDROID}exported") in ("true", "false"), name


def test_pure_classes_know_nothing_of_android():
    for path in (MAIN / "java/org/tflitesuite/demo/core").glob("*.java"):
        assert not re.search(r"^import (static )?(android|org\.tensorflow)\.", path.read_text(), re.MULTILINE), path


def test_the_build_script_refuses_what_it_does_not_know():
    found = subprocess.run(
        ["bash", "tools/build_apk.sh", "--modle=x"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert found.returncode == 1
    assert found.stderr.startswith("error: unknown argument '--modle=x'. Known: --model=FILE")


def digest():
    """A hash of everything that the app's build and tests read."""
    folders = [DEMO, ROOT / "tools/android", ROOT / "tests/golden"]
    paths = [ROOT / "tools/build_apk.sh", ROOT / "tests/golden_decisions.json", pathlib.Path(__file__)]
    paths += [path for folder in folders for path in folder.rglob("*") if path.is_file() and path.suffix != ".apk"]
    content = hashlib.sha256()
    for path in sorted(paths):
        content.update(path.relative_to(ROOT).as_posix().encode() + path.read_bytes())
    return content.hexdigest()


def once(name, check):
    """Runs a long check unless it passed already with the same sources; keeps the checkout's test runs quick."""
    marker = CACHE / "passed" / f"{name}-{digest()}"
    if not marker.exists():
        check()
        marker.parent.mkdir(parents=True, exist_ok=True)
        marker.touch()


def run(*command):
    # Java's second compiler takes longer than it saves in processes of seconds.
    environment = {**os.environ, "JAVA_TOOL_OPTIONS": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"}
    found = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert found.returncode == 0, (found.stdout + found.stderr)[-6000:]
    return found.stdout


@needs_tools
def test_the_apk_is_signed_complete_and_reproducible(tmp_path):
    def check():
        first, second = tmp_path / "first.apk", tmp_path / "second.apk"
        run("bash", "tools/build_apk.sh", f"--output={first}")
        run("bash", "tools/build_apk.sh", f"--output={second}")
        assert first.read_bytes() == second.read_bytes()
        assert first.stat().st_size <= 12_000_000
        run("apksigner", "verify", str(first))
        badging = run("aapt", "dump", "badging", str(first))
        assert (
            f"package: name='org.tflitesuite.demo' versionCode='1' versionName='{catalog()['versionName']}'" in badging
        )
        assert f"targetSdkVersion:'{catalog()['targetSdk']}'" in badging
        assert "launchable-activity: name='org.tflitesuite.demo.CameraActivity'" in badging
        assert re.findall(r"uses-permission: name='(.*?)'", badging) == ["android.permission.CAMERA"]
        with zipfile.ZipFile(first) as archive:
            names = archive.namelist()
            for abi in ("arm64-v8a", "armeabi-v7a", "x86_64"):
                assert f"lib/{abi}/libtensorflowlite_jni.so" in names
            assert archive.getinfo("assets/model.tflite").compress_type == zipfile.ZIP_STORED
            assert archive.read("assets/model.tflite") == (MAIN / "assets/model.tflite").read_bytes()
            (tmp_path / "classes.dex").write_bytes(archive.read("classes.dex"))
        assembly = run("dexdump", "-d", str(tmp_path / "classes.dex"))
        assert "Lorg/tflitesuite/demo/core/Preprocessor;" in assembly

    once("apk", check)


@needs_tools
def test_the_apps_own_tests_pass():
    once("maven", lambda: run("mvn", "-q", "-B", "-f", "android_demo/pom.xml", "test"))
