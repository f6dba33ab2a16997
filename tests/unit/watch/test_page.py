import base64
import http.client
import io

import numpy as np
import pytest
from PIL import Image

from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.watch.login import Login
from tfl_lite_suite.watch.page import Page, parsed
from tfl_lite_suite.watch.sources import Frame


def get(page, path, **headers):
    host, port = page.url.removeprefix("http://").rstrip("/").rsplit(":", 1)
    connection = http.client.HTTPConnection("127.0.0.1" if host == "0.0.0.0" else host, int(port), timeout=10)
    connection.request("GET", path, headers=headers)
    answer = connection.getresponse()
    return answer.status, answer.read()


@pytest.fixture
def page():
    served = Page("127.0.0.1:0")
    yield served
    served.close()


def test_the_last_frame_and_its_decision_are_shown(page):
    assert get(page, "/frame.jpg")[0] == 404
    page.show(Frame(np.full((20, 2000, 3), 90, np.uint8), 0.0), '{"frame": 1}')
    assert get(page, "/decision.json") == (200, b'{"frame": 1}')
    picture = Image.open(io.BytesIO(get(page, "/frame.jpg?1")[1]))
    assert picture.size == (960, 10) and abs(np.asarray(picture).mean() - 90) < 3
    status, text = get(page, "/")
    assert status == 200 and b"decision.json" in text and b"://" not in text
    assert get(page, "/etc/passwd")[0] == 404


def test_a_picture_that_is_gone_is_black(page, tmp_path):
    page.show(Frame(str(tmp_path / "gone.png"), 0.0), "{}")
    assert get(page, "/frame.jpg")[0] == 200


def test_a_page_of_a_stranger_cannot_ask_through_a_browser(page):
    assert get(page, "/", Host="evil.example")[0] == 401
    assert get(page, "/", Host="localhost:1")[0] == 200


def test_others_need_a_password():
    with pytest.raises(SuiteError, match="page_login"):
        Page("0.0.0.0:0")
    served = Page("0.0.0.0:0", Login("eve", "secret"))
    try:
        assert get(served, "/")[0] == 401
        assert get(served, "/", Authorization="Basic " + base64.b64encode(b"eve:wrong").decode())[0] == 401
        assert get(served, "/", Authorization="Basic " + base64.b64encode(b"eve:secret").decode())[0] == 200
    finally:
        served.close()


def test_an_address_in_use_is_named(page):
    with pytest.raises(SuiteError, match="page_address: cannot listen on"):
        Page(page.url.removeprefix("http://").rstrip("/"))


def test_addresses():
    assert parsed("[::1]:80") == ("::1", 80)
    for text in ("localhost", "a:b", "x:70000", "::1:80"):
        with pytest.raises(SuiteError, match="expected HOST:PORT"):
            parsed(text)
