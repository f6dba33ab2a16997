import re
import subprocess
import sys

import pytest
from places import ROOT

pytest.importorskip("material")


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--quiet", f"--config-file={ROOT / 'mkdocs.yml'}"]
    done = subprocess.run([*command, f"--site-dir={folder}"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return folder


def test_every_page_is_built_and_every_link_leads_somewhere(site):
    """The build is strict: a link without a target, or a page that is not in the navigation, ends it."""
    pages = {path.relative_to(ROOT / "docs").with_suffix(".html") for path in (ROOT / "docs").rglob("*.md")}
    assert pages <= {path.relative_to(site) for path in site.rglob("*.html")}


def test_the_site_opens_from_disk(site):
    page = (site / "index.html").read_text(encoding="utf-8")
    links = re.findall(r'href="([^"#:]+)"', page)
    assert links and all((site / link).is_file() for link in links if link != ".")
    assert (site / "search" / "search_index.js").is_file()


def test_a_page_loads_nothing_from_elsewhere(site):
    for name in ("index.html", "reference/recipe.html"):
        page = (site / name).read_text(encoding="utf-8")
        assert not re.findall(r'(?:src|<link[^>]* href)="https?://[^"]*"', page)
    assert (site / "scripts" / "iframe-worker.js").is_file()
