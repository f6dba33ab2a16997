"""The page of `export --to=web` in a real headless Chromium: one export and one browser for all tests."""

import hashlib
import json
import pathlib
import time
import urllib.parse

import numpy as np
import pytest
import tool_modules
import web_packages
from PIL import Image, ImageDraw
from places import GOLDEN, ROOT

from tfl_lite_suite.api.tflite_model import TfliteModel
from tfl_lite_suite.benchmark import text
from tfl_lite_suite.benchmark.result import Measurement
from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.evaluate import answers
from tfl_lite_suite.export.web import exporter, litert_js
from tfl_lite_suite.runtime import chromium
from tfl_lite_suite.runtime.static_server import StaticServer
from tfl_lite_suite.runtime.web_page import WebPage
from tfl_lite_suite.tflite.file import TfliteFile

pytestmark = pytest.mark.skipif(
    chromium.find() is None, reason="needs Chromium (Debian: apt install chromium); the page's modules run in Node.js"
)

MODEL = str(ROOT / "android_demo/app/src/main/assets/model.tflite")
MOST_BYTES = 12_000_000
PICTURES = tool_modules.load("picture_web")
SCREENS = ("camera", "picture", "benchmark", "model")
ROWS = "document.querySelectorAll('#{}_panel .ranked li').length === 3"
ANSWER = "document.querySelector('#{}_panel .answer').textContent"


def colours(height=480, width=640):
    """A picture of large coloured blocks, whose small differences of decoding do not matter."""
    blocks = np.random.default_rng(5).integers(0, 256, (4, 4, 3), np.uint8)
    return blocks.repeat(height // 4, 0).repeat(width // 4, 1)


def hands(count, size):
    """Drawn palms with one to five fingers, uint8 `(count, size, size, 3)`: several classes to the bundled model."""
    random, drawn = np.random.default_rng(0), []
    for _ in range(count):
        picture = Image.new("RGB", (size, size), (60, 50, 45))
        draw, (x, y) = ImageDraw.Draw(picture), random.uniform(0.4, 0.6, 2) * size
        draw.ellipse((x - size / 7, y, x + size / 7, y + 2 * size / 7), (190, 150, 130))
        for angle in random.uniform(-np.pi, 0, random.integers(1, 6)):
            tip = x + np.cos(angle) * size / 3, y + (0.1 + np.sin(angle) / 3) * size
            draw.line((x, y + size / 10, *tip), (190, 150, 130), size // 14)
        drawn.append(np.asarray(picture))
    return np.stack(drawn)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("page")
    try:
        exporter.require()
    except SuiteError as error:
        pytest.skip(f"LiteRT.js {litert_js.VERSION} is not to be had: {error}")
    return exporter.page_of(MODEL, str(made))


@pytest.fixture(scope="module")
def opened(folder, tmp_path_factory):
    video = tmp_path_factory.mktemp("camera") / "camera.y4m"
    PICTURES.write_video(video, colours())
    flags = ["--use-fake-device-for-media-stream", f"--use-file-for-fake-video-capture={video}", "--lang=en-US"]
    with WebPage(folder, flags=flags) as found:
        yield found


@pytest.fixture
def page(opened):
    """The page, in English, without a message."""
    opened.page.evaluate("document.documentElement.lang === 'en' || document.getElementById('language').click()")
    return opened.page


def show(page, screen):
    page.evaluate(f"document.getElementById('tab_{screen}').click()")


def message(page):
    page.wait_for("!document.getElementById('message').hidden", 30)
    return page.evaluate("document.getElementById('message').textContent")


def test_the_first_visit_asks_no_other_host_and_stays_small(opened):
    opened.page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    events = opened.page.events(0.2)
    urls = [event["params"]["request"]["url"] for event in events if event["method"] == "Network.requestWillBeSent"]
    assert len(urls) > 20 and all(url.startswith(opened.server.url) for url in urls)
    assert 4_000_000 < opened.server.sent_bytes < MOST_BYTES
    # All that can ever be loaded by one browser: the page, the model, and the largest build of the runtime.
    listing = json.loads((pathlib.Path(opened.folder) / "files.js").read_text().partition("=")[2])
    kept = sum((opened.folder / name).stat().st_size for name in listing["kept"] if name != "./")
    builds = [(opened.folder / name).stat().st_size for name in listing["on_use"]]
    assert kept + sum(sorted(builds)[-1:]) + max(builds[::2]) < MOST_BYTES


def test_golden_pictures_give_the_same_tensors_from_the_browsers_own_decoder(opened, page):
    cases = json.loads((GOLDEN / "index.json").read_text())["cases"]
    names = {case["picture"] for case in cases}
    opened.server.files.update({f"golden/{name}": (GOLDEN / name).read_bytes() for name in names})
    found = page.evaluate(
        f"""(async () => {{
          const {{ decode }} = await import('./pixels.js');
          const {{ flatten, prepare }} = await import('./contract.js');
          const two = (byte) => byte.toString(16).padStart(2, '0');
          const hex = (buffer) => [...new Uint8Array(buffer)].map(two).join('');
          const found = [];
          for (const one of {json.dumps(cases)}) {{
            const picture = await decode(await (await fetch('golden/' + one.picture)).blob());
            const pixels = flatten(picture.rgba, picture.height, picture.width, one.contract.channels);
            found.push(hex(await crypto.subtle.digest('SHA-256', prepare(pixels, one.contract))));
          }}
          return found;
        }})()"""
    )
    wrong = [case["name"] for case, digest in zip(cases, found, strict=True) if digest != case["sha256"]]
    assert wrong == []


def test_the_answers_are_those_of_litert(opened):
    pictures = hands(200, TfliteFile.read(MODEL).contract.image_shape[0])
    expected = answers.Runner(MODEL, "litert", keep_logits=True).answer(pictures.__getitem__, 200).logits
    scores = opened.scores(pictures)
    told_apart = np.bincount(expected.argmax(1))
    assert (told_apart >= 5).sum() >= 3 and told_apart.max() <= 160
    assert (scores.argmax(1) == expected.argmax(1)).mean() >= 0.99
    # The pictures are told apart, by much more than the answers may differ.
    assert np.ptp(scores, axis=0).max() > 1 and np.median(np.abs(scores - expected)) <= 0.1


def test_the_camera_screen_answers_what_it_sees(opened, page):
    origin = opened.server.url.rstrip("/")
    opened.browser.call("Browser.grantPermissions", origin=origin, permissions=["videoCapture"])
    show(page, "camera")
    page.evaluate("document.getElementById('camera_start').click()")
    page.wait_for(ROWS.format("camera"))
    page.wait_for("Number(document.querySelector('#camera_panel [data-time=frames]').textContent) > 0")
    expected = TfliteModel(MODEL).predict(colours())
    assert page.evaluate(ANSWER.format("camera")) == expected.label
    shares = page.evaluate(
        "[...document.querySelectorAll('#camera_panel .share')].map((one) => parseFloat(one.textContent))"
    )
    assert shares[0] == pytest.approx(100 * expected.probability, abs=5) and shares == sorted(shares, reverse=True)
    show(page, "picture")
    page.wait_for("!document.getElementById('video').srcObject")


def test_a_refused_camera_is_told(opened, page):
    permission, origin = {"name": "camera"}, opened.server.url.rstrip("/")
    opened.browser.call("Browser.setPermission", permission=permission, setting="denied", origin=origin)
    show(page, "camera")
    page.evaluate("document.getElementById('camera_start').click()")
    assert message(page).startswith("You refused the camera. Allow it for this page")
    page.evaluate("document.getElementById('language').click()")
    page.evaluate("document.getElementById('camera_start').click()")
    page.wait_for("document.getElementById('message').textContent.startsWith('您已拒绝相机权限')")


def test_a_picture_is_answered_and_a_wrong_file_told(page, tmp_path):
    show(page, "picture")
    wrong = tmp_path / "notes.txt"
    wrong.write_text("no picture")
    PICTURES.choose_file(page, str(wrong))
    assert message(page).startswith("This file is no picture that the browser can read.")
    picture = tmp_path / "picture.png"
    Image.fromarray(colours(301, 423)).save(picture)
    PICTURES.choose_file(page, str(picture))
    page.wait_for(ROWS.format("picture"))
    expected = TfliteModel(MODEL).predict(str(picture))
    page.wait_for(f"{ANSWER.format('picture')} === {json.dumps(expected.label)}", 10)
    share = page.evaluate("document.querySelector('#picture_panel .share').textContent")
    assert share == f"{100 * expected.ranked[0].probability:.1f} %"
    assert page.evaluate("document.getElementById('message').hidden")
    reject = "{ score: 'max_probability', threshold: 1 }"
    page.evaluate(f"tflLiteSuite.ready.then((model) => {{ model.description.decision.reject = {reject}; }})")
    PICTURES.choose_file(page, str(picture))
    page.wait_for(f"{ANSWER.format('picture')} === 'None of these'", 10)
    page.evaluate("tflLiteSuite.ready.then((model) => { model.description.decision.reject.score = 'none'; })")


def test_a_measurement_is_downloaded_in_the_suites_schema(opened, page, tmp_path):
    opened.browser.call("Browser.setDownloadBehavior", behavior="allow", downloadPath=str(tmp_path))
    show(page, "benchmark")
    page.evaluate("document.getElementById('runs').value = 12; document.getElementById('measure').click()")
    page.wait_for("!document.getElementById('save').hidden")
    page.evaluate("document.getElementById('save').click()")
    path = tmp_path / "model.browser.json"
    for _ in range(200):
        if path.is_file() and path.stat().st_size:
            break
        time.sleep(0.05)
    document = json.loads(path.read_text())
    keys = ("`" + key + "`" for key in document if key != "browser")
    schema = (ROOT / "docs/benchmark_schema.md").read_text()
    assert all(key in schema for key in keys)
    assert document["runs"] >= 12 and document["engine"] == "litert_js" and document["threads"] >= 1
    assert document["latency_ms"]["min"] <= document["latency_ms"]["ci95"][0] <= document["latency_ms"]["p50"]
    assert "litert_js 2.5.3" in text.show(Measurement.from_document(document, str(path)))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_screen_passes_axe(page, scheme):
    page.evaluate(web_packages.member(web_packages.AXE, "axe.min.js") + "; true")
    page.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
    for screen in SCREENS:
        show(page, screen)
        found = page.evaluate("axe.run().then((found) => found.violations.map((one) => [one.id, one.nodes[0].html]))")
        assert found == [], screen


def test_it_can_be_installed_and_tells_of_a_newer_version(opened):
    page = opened.browser.page()
    page.open(opened.server.url)
    page.wait_for("tflLiteSuite.ready.then(() => true)")
    assert page.call("Page.getInstallabilityErrors")["installabilityErrors"] == []
    listing = (opened.folder / "files.js").read_text()
    opened.server.files["files.js"] = listing.replace('"version":"', '"version":"newer').encode()
    page.evaluate("navigator.serviceWorker.getRegistration().then((found) => found.update()).then(() => true)")
    page.wait_for("!document.getElementById('update').hidden", 20)
    page.evaluate("globalThis.before = true; document.getElementById('reload').click()")
    page.wait_for("!globalThis.before && tflLiteSuite.ready.then(() => true)", 20)
    assert page.evaluate("caches.keys().then((names) => names.length === 1 && names[0].includes('newer'))")


def test_tabs_are_used_by_keys_and_the_language_changes(page):
    show(page, "camera")
    page.evaluate("document.getElementById('tab_camera').focus()")
    for key, expected in (("ArrowRight", "tab_picture"), ("End", "tab_model"), ("ArrowRight", "tab_camera")):
        page.call("Input.dispatchKeyEvent", type="keyDown", key=key)
        assert page.evaluate("document.activeElement.id") == expected
        assert page.evaluate("document.querySelector('[aria-selected=true]').id") == expected
    page.evaluate("document.getElementById('language').click()")
    assert (
        page.evaluate("document.documentElement.lang + document.getElementById('tab_model').textContent") == "zh-CN模型"
    )


def test_missing_files_are_told(opened):
    for names, expected in (
        (["model.tflite"], "The model file is missing. Copy the whole folder"),
        (["model.json"], "model.json, which describes the model, is missing"),
        ([f"litert/{one}.wasm.gz" for one in litert_js.VARIANTS], "LiteRT.js is missing or does not start in this"),
    ):
        with StaticServer(opened.folder) as server:
            server.files.update(dict.fromkeys(names))
            broken = opened.browser.page()
            broken.open(server.url)
            assert message(broken).startswith(expected)


def test_a_plain_server_gets_threads_by_the_service_worker(opened):
    with StaticServer(opened.folder, isolated=False) as server:
        other = opened.browser.page()
        other.open(server.url)
        other.wait_for("globalThis.tflLiteSuite && tflLiteSuite.ready.then(() => true)", 60)
        assert other.evaluate("crossOriginIsolated")
        status = other.evaluate("document.getElementById('status').textContent")
    assert status.startswith("LiteRT.js 2.5.3 · CPU, ")


def test_it_works_without_a_server_after_the_first_visit(opened):
    host = urllib.parse.urlparse(opened.server.url)
    opened.server.close()
    opened.page.open(f"http://{host.netloc}/?again")
    opened.page.wait_for("location.search === '?again' && tflLiteSuite.ready.then(() => true)", 60)
    assert "LiteRT.js" in opened.page.evaluate("document.getElementById('status').textContent")
    digest = hashlib.sha256((opened.folder / "model.tflite").read_bytes()).hexdigest()
    assert json.loads((opened.folder / "model.json").read_text())["sha256"] == digest
