import subprocess
import sys

from tfl_lite_suite import __version__
from tfl_lite_suite.__main__ import verbs


def run(*arguments):
    command = [sys.executable, "-m", "tfl_lite_suite", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_without_a_verb_every_verb_is_listed():
    done = run()
    assert (done.returncode, done.stderr) == (0, "")
    for verb, summary in verbs().items():
        assert f"  {verb} " in done.stdout and summary and summary in done.stdout


def test_a_verb_gets_its_flags():
    done = run("summary", "--model=mobilenet_v9")
    assert done.returncode == 1 and done.stderr.startswith("error: --model: unknown network 'mobilenet_v9'")
    assert "Usage:" in run("convert", "--help").stdout


def test_an_unknown_verb_is_one_line_with_the_nearest():
    done = run("quantise", "--model=x")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("error: command: unknown verb 'quantise'. Did you mean 'quantize'?")
    assert len(done.stderr.splitlines()) == 1


def test_version():
    assert run("--version").stdout == f"tfl_lite_suite {__version__}\n"
