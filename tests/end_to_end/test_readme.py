"""The Chinese README says what the English one says: in each section the same commands, code, links and figures."""

import re
import sys

import pytest
from places import ROOT

sys.path.insert(0, str(ROOT / "tools"))

import document_commands  # noqa: E402

ENGLISH, CHINESE = ROOT / "README.md", ROOT / "README.zh-CN.md"


def sections(path):
    """Returns the text from each heading to the next, without the line that leads to the other language."""
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if "](README" not in line]
    return re.split(r"^(?=#+ )", "\n".join(lines), flags=re.MULTILINE)[1:]


def without_code(text):
    return re.sub(r"```.*?```|`[^`]*`|\]\([^)]*\)|<!--.*?-->", "", text, flags=re.DOTALL)


PAIRS = list(zip(sections(ENGLISH), sections(CHINESE), strict=False))


def test_headings():
    assert [text.split()[0] for text in sections(ENGLISH)] == [text.split()[0] for text in sections(CHINESE)]


def test_commands():
    english, chinese = ([command.text for command in document_commands.commands(path)] for path in (ENGLISH, CHINESE))
    assert english == chinese


@pytest.mark.parametrize(("english", "chinese"), PAIRS, ids=lambda text: text.split("\n")[0])
def test_each_section(english, chinese):
    for pattern in (r"(?<!`)`[^`\n]+`(?!`)", r"<!-- .* -->"):
        assert sorted(re.findall(pattern, english)) == sorted(re.findall(pattern, chinese))
    # A heading is named in its language, and some pages are there in both.
    pages = [sorted(re.findall(r"\]\(([^)#]*)", text.replace(".zh-CN.md", ".md"))) for text in (english, chinese)]
    assert pages[0] == pages[1]
    figures = [sorted(re.findall(r"\d[\d.,]*\d|\d", without_code(text))) for text in (english, chinese)]
    assert figures[0] == figures[1]
    rows = [[line.count("|") for line in text.splitlines() if line.startswith("|")] for text in (english, chinese)]
    assert rows[0] == rows[1]
