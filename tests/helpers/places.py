"""Where the checkout's folders are, whatever folder a test stands in."""

import pathlib

ROOT = pathlib.Path(__file__).resolve().parents[2]
GOLDEN = ROOT / "tests" / "golden"
HELPERS = ROOT / "tests" / "helpers"
RECIPES = sorted((ROOT / "recipes").glob("*.yaml"))
TOOLS = ROOT / "tools"
