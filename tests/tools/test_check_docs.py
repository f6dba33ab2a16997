"""Every command in the documents exists, and those that take seconds run; `tools/check_docs.py` runs all."""

import sys

import pytest
from places import ROOT

sys.path.insert(0, str(ROOT / "tools"))

import check_docs  # noqa: E402
import document_commands  # noqa: E402
from document_commands import Command  # noqa: E402

COMMANDS = [command for page in document_commands.pages() for command in document_commands.commands(page)]
RUNS = {check_docs.quick(command): command for command in COMMANDS if check_docs.quick(command)}


@pytest.fixture(scope="module")
def checkout(tmp_path_factory):
    """A folder that looks like this checkout, but what commands write does not end up in it."""
    folder = tmp_path_factory.mktemp("checkout")
    for name in ("docs", "recipes", "tfl_lite_suite", "tools"):
        (folder / name).symlink_to(ROOT / name)
    check_docs.make_environment(folder)
    return folder


def page(folder, text):
    (folder / "page.md").write_text(text, encoding="utf-8")
    return document_commands.commands(folder / "page.md")


def test_commands_are_found_in_blocks_and_sentences(tmp_path):
    found = page(
        tmp_path,
        "Text, `python -m tfl_lite_suite.lint --model=x.tflite`, and `lint --html=x.html`, and `lint`.\n"
        "```bash\n$ bash tools/demo.sh   # why\npython -m tfl_lite_suite.run \\\n    --recipe=a.yaml\nx: y\n```\n"
        "<!-- not run: no phone -->\n\n    adb devices\n    d = new − crop\n\nMore.\n\n    pip install x\n",
    )
    assert [(command.line, command.text, command.whole, command.not_run) for command in found] == [
        (1, "python -m tfl_lite_suite.lint --model=x.tflite", True, ""),
        (1, "lint --html=x.html", False, ""),
        (3, "bash tools/demo.sh", True, ""),
        (5, "python -m tfl_lite_suite.run --recipe=a.yaml", True, ""),
        (10, "adb devices", True, "no phone"),
        (15, "pip install x", True, ""),
    ]


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ("python -m tfl_lite_suite.lnit --model=x", "there is no verb lnit"),
        ("lint --modle=x", "Did you mean --model?"),
        ("python -m tfl_lite_suite.lint --model=x [--jsno]", "Did you mean --json?"),
        ("python -m tfl_lite_suite.benchmark --runs=many", "--runs: expected"),
        ("python -m tfl_lite_suite.run --recipe=recipes/photo_transfer.yaml", "Did you mean 'recipes/photos_transfer"),
        ("python -m tfl_lite_suite.run --recipe=recipes/photos_transfer.yaml --set=train.epoks=1", "train.epoks"),
        ("f() { X=1 python -m tfl_lite_suite.lint --modle=x; }", "Did you mean --model?"),
        ("bash tools/demmo.sh", "there is no tools/demmo.sh"),
        ("bash tools/build_apk.sh --modle=x", "tools/build_apk.sh has no --modle"),
    ],
)
def test_what_does_not_exist_is_told(text, mistake):
    assert mistake in " ".join(document_commands.mistakes(Command(ROOT / "README.md", 1, text)))


def test_every_command_names_what_exists():
    found = [
        f"{command.where}: {command.text}: {said}"
        for command in COMMANDS
        for said in document_commands.mistakes(command)
    ]
    assert COMMANDS and not found, "\n".join(found)


def test_a_training_is_shortened_and_the_test_suite_is_not():
    assert "--set=train.epochs=1" in check_docs.shortened("bash tools/demo.sh")
    assert check_docs.shortened("python -m pytest tests/unit/prune") == "python -m pytest tests/unit/prune"


def test_commands_that_take_seconds_are_known():
    assert {"benchmark", "evaluate", "lint", "run"} <= {text.split("tfl_lite_suite.")[1].split()[0] for text in RUNS}


@pytest.mark.parametrize("text", RUNS, ids=lambda text: RUNS[text].where)
def test_commands_that_take_seconds_run(checkout, text):
    if missing := check_docs.missing_programs(text):
        pytest.skip(f"needs {', '.join(missing)}")
    status, said = check_docs.execute(text, checkout)
    assert status == 0, f"{RUNS[text].where}: {text}\n{said}"
