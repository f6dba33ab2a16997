"""The protocol, spoken with a scripted stand-in; tests/end_to_end/test_web_page.py has the browser itself."""

import sys

import pytest

from tfl_lite_suite.core.errors import SuiteError
from tfl_lite_suite.runtime import chromium

STAND_IN = """
import json, os, sys
rest = b""
def send(message):
    os.write(4, json.dumps(message).encode() + b"\\0")
ANSWERS = {
    "Browser.getVersion": {"product": "Chrome/1.2.3"},
    "Target.createTarget": {"targetId": "t"},
    "Target.attachToTarget": {"sessionId": "s"},
}
while True:
    piece = os.read(3, 65536)
    if not piece:
        sys.exit()
    *messages, rest = (rest + piece).split(b"\\0")
    for message in map(json.loads, messages):
        answer = {"id": message["id"], "result": ANSWERS.get(message["method"], {})}
        expression = message["params"].get("expression", "")
        if message["method"] == "Page.navigate" and message["params"]["url"] == "http://nowhere/":
            answer["result"] = {"errorText": "net::ERR_NAME_NOT_RESOLVED"}
        if expression == "die":
            print("[1:2] out of luck", file=sys.stderr)
            sys.exit(1)
        if expression == "throw":
            answer["result"] = {"result": {}, "exceptionDetails": {"exception": {"description": "Error: no\\n at x"}}}
        elif expression:
            answer["result"] = {"result": {"value": expression * 30000}}
            send({"sessionId": "s", "method": "Network.requestWillBeSent", "params": {"number": 7}})
            send({"sessionId": "other", "method": "Network.requestWillBeSent", "params": {}})
        if message["method"] == "Wrong.method":
            answer = {"id": message["id"], "error": {"message": "'Wrong.method' wasn't found"}}
        if message["method"] != "Slow.method":
            send(answer)
"""


@pytest.fixture
def browser(tmp_path, monkeypatch):
    program = tmp_path / "chromium"
    program.write_text(f"#!{sys.executable}\n{STAND_IN}")
    program.chmod(0o755)
    monkeypatch.setenv(chromium.VARIABLE, str(program))
    with chromium.Chromium() as found:
        yield found


def test_a_tab_is_opened_and_asked(browser):
    assert browser.version == "Chrome/1.2.3"
    page = browser.page()
    page.open("http://127.0.0.1/")
    assert page.evaluate("x") == "x" * 30000
    assert [event["params"] for event in page.events()] == [{"number": 7}]
    assert page.wait_for("true") and not page.events()[1:]


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda page: page.evaluate("throw"), "browser: no$"),
        (lambda page: page.wait_for("throw", 0.2), "browser: throw: not true within 0 s: browser: no"),
        (lambda page: page.open("http://nowhere/"), "browser: http://nowhere/: net::ERR_NAME_NOT_RESOLVED"),
        (lambda page: page.call("Wrong.method"), "browser: Wrong.method: 'Wrong.method' wasn't found"),
        (lambda page: page.call("Slow.method", 0.1), "browser: no answer to Slow.method within 0 s"),
        (lambda page: page.wait_for("die"), r"browser: .*chromium ended: \[1:2\] out of luck"),
    ],
)
def test_what_goes_wrong_is_one_line(browser, ask, message):
    with pytest.raises(SuiteError, match=message):
        ask(browser.page())


def test_a_browser_that_is_missing_or_does_not_start_is_told(tmp_path, monkeypatch):
    monkeypatch.setenv(chromium.VARIABLE, str(tmp_path / "none"))
    with pytest.raises(SuiteError, match=f"{chromium.VARIABLE} names '.*none', which is no program"):
        chromium.Chromium()
    monkeypatch.setenv(chromium.VARIABLE, "false")
    with pytest.raises(SuiteError, match="browser: .*false ended: it printed nothing"):
        chromium.Chromium()
    monkeypatch.delenv(chromium.VARIABLE)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SuiteError, match="no Chromium or Chrome is on the path. Install one"):
        chromium.require()
