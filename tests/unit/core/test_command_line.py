import errno
import json
import os
import signal
import subprocess
import sys

import pytest
from absl import flags

from tfl_lite_suite.core import command_line
from tfl_lite_suite.core.errors import SuiteError, UnreadablePictures

VERB = '''
"""Does what a test says."""
import errno, os, sys, time
from absl import flags
from tfl_lite_suite.core import command_line as cli
from tfl_lite_suite.core.errors import InvalidMeasurement, Restart, SuiteError

flags.DEFINE_string("do", None, "What to do.")
flags.DEFINE_integer("runs", 5, "How often.", 1, 9)
flags.DEFINE_float("alpha", 1.0, "Width multiplier.", 0.05, 4)
flags.DEFINE_enum("kernels", "default", ["default", "builtin"], "Which kernels.")
flags.DEFINE_bool("trial", True, "Try it.")
flags.DEFINE_multi_string("set", [], "May be repeated.")
flags.DEFINE_list("engine", ["none"], "Engines.")

def raise_(error):
    raise error

def chatter():
    print("from Python")
    os.write(1, b"from C\\n")
    os.system("echo from a child")
    return {"top1": 0.5}

def begin_twice():
    if os.environ.pop("SECOND", None):
        return {"top1": 0.25}
    os.environ["SECOND"] = "1"
    raise Restart("a process was lost")

def wait():
    print("ready", file=sys.stderr, flush=True)
    time.sleep(60)

ACTIONS = {
    "result": lambda: {"top1": 0.5, "name": "caf\\u00e9 \\u2713"},
    "nan": lambda: {"a": [float("nan"), 1.0], "b": float("inf")},
    "surrogate": lambda: {"path": os.fsdecode(b"caf\\xe9")},
    "repeat": lambda: {"engine": flags.FLAGS.engine, "set": flags.FLAGS.set, "runs": flags.FLAGS.runs},
    "ignored": lambda: cli.only_with(False, "with --recipe", "set"),
    "mistake": lambda: raise_(SuiteError("model.name: what\\n  was wrong \\x1b[31m\\u2713")),
    "invalid": lambda: raise_(InvalidMeasurement("too busy\\nto count", {"p50": 1.5})),
    "full": lambda: raise_(OSError(errno.ENOSPC, "No space left on device", "/x/model.keras")),
    "bug": lambda: raise_(KeyError("x" * 5000)),
    "pipe": lambda: raise_(BrokenPipeError(errno.EPIPE, "Broken pipe")),
    "memory": lambda: raise_(MemoryError()),
    "chatter": chatter,
    "restart": begin_twice,
    "wait": wait,
    "long": lambda: {"top1": "long " * 100000},
}

if __name__ == "__main__":
    cli.run_verb("verb", __doc__, lambda: ACTIONS[cli.required("do")](), lambda found: f"result {found}",
                 required=("runs", "do"), example="--do=result")
'''


@pytest.fixture
def command(tmp_path):
    path = tmp_path / "verb.py"
    path.write_text(VERB)
    return [sys.executable, str(path)]


@pytest.fixture
def run(command):
    def run(*arguments, env=None, **options):
        options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options}
        full = {**os.environ, "PYTHONIOENCODING": "utf-8", **(env or {})}
        return subprocess.run([*command, *arguments], env=full, encoding="utf-8", check=False, **options)

    return run


def test_help(run):
    done = run("--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == (
        "Does what a test says.\n"
        "\n"
        "Usage:   python -m tfl_lite_suite.verb --runs=… --do=… [--flag=value …]\n"
        "Example: python -m tfl_lite_suite.verb --do=result\n"
        "\n"
        "  --do=\n      Required. What to do.\n"
        "  --runs=\n      Required. How often. Default: 5.\n"
        "  --alpha=\n      Width multiplier. Default: 1.0.\n"
        "  --kernels=\n      <default|builtin>: Which kernels. Default: default.\n"
        "  --trial\n      Try it. On by default; --notrial is off.\n"
        "  --set=\n      May be repeated.\n"
        "  --engine=\n      Engines. Default: none.\n"
        "  --json\n      Print one JSON document on stdout; progress and messages go to stderr.\n"
        "  --traceback\n      Show where in the code an error arose.\n"
    )
    assert run("--do=bug", "-h").returncode == 0


def test_result_for_people_and_as_json(run):
    assert run("--do=result").stdout == "result {'top1': 0.5, 'name': 'café ✓'}\n"
    for switch in ("--json", "--json=true", "-json"):
        done = run("--do=result", switch)
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout == '{"top1": 0.5, "name": "café ✓"}\n'


def test_json_alone_is_on_stdout(run):
    done = run("--do=chatter", "--json")
    assert json.loads(done.stdout) == {"top1": 0.5}
    assert sorted(done.stderr.splitlines()) == ["from C", "from Python", "from a child"]


def test_json_has_no_nan_and_no_character_that_breaks_it(run):
    assert json.loads(run("--do=nan", "--json").stdout, parse_constant=pytest.fail) == {"a": [None, 1.0], "b": None}
    assert os.fsencode(json.loads(run("--do=surrogate", "--json").stdout)["path"]) == b"caf\xe9"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--do=mistake"], "model.name: what was wrong \\x1b[31m✓"),
        ([], "--do: missing. What to do."),
        (["--kernel=builtin"], "unknown flag --kernel. Did you mean --kernels? Known: --do, --runs, --alpha, "),
        (["--kernels=builtn"], "--kernels: unknown value 'builtn'. Did you mean 'builtin'? Known: builtin, default"),
        (["--runs=0"], "--runs: expected an integer in the range [1, 9]. Received: '0'"),
        (["--runs=x"], "--runs: expected an integer in the range [1, 9]. Received: 'x'"),
        (["--runs="], "--runs: expected an integer in the range [1, 9]. Received: ''"),
        (["--runs"], "Missing value for flag --runs"),
        (["--alpha=nan"], "--alpha: expected a finite number. Received: nan"),
        (["--alpha=9"], "--alpha: expected a number in the range [0.05, 4]. Received: '9'"),
        (["--json=maybe"], "--json: expected true or false. Received: 'maybe'"),
        (["--trial=3"], "--trial: expected true or false. Received: '3'"),
        (["--do=result", "--do=bug"], "--do: takes one value. Received two: 'result' and 'bug'"),
        (["--runs=2", "--runs=3"], "--runs: takes one value. Received two: '2' and '3'"),
        (["--trial", "--notrial"], "--trial: takes one value. Received two: 'True' and 'False'"),
        (["stray"], "unexpected argument 'stray'. Flags look like --name=value"),
        (["--", "--do=result"], "unexpected argument '--do=result'"),
        (["--flagfile=/nowhere"], "Unable to open flagfile"),
        (["--do=full"], "No space left on device: /x/model.keras. Free some space and run the same command again"),
        (["--do=memory"], "not enough memory"),
        (["--do=bug"], "unexpected KeyError: 'xxx"),
        (["--do=pipe"], "Broken pipe"),
    ],
)
@pytest.mark.parametrize("extra", [[], ["--json"]], ids=["text", "json"])
def test_mistakes_are_one_line(run, arguments, message, extra):
    done = run(*extra, *arguments)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"error: {message}") and done.stderr.count("\n") == 1
    assert len(done.stderr) < 1000


def test_a_flagfile_cannot_hide_its_unknown_flags(run, tmp_path):
    (tmp_path / "flags").write_text("--do=result\n--undefok=x\n--runz=3\n")
    done = run(f"--flagfile={tmp_path / 'flags'}")
    assert done.returncode == 1 and "unknown flag --runz. Did you mean --runs?" in done.stderr
    (tmp_path / "flags").write_text(f"--flagfile={tmp_path / 'flags'}\n--do=result\n")
    assert run("--json", f"--flagfile={tmp_path / 'flags'}").stdout.startswith("{")


def test_a_list_that_is_repeated_adds_up_and_an_equal_value_is_no_second_one(run):
    done = run("--json", "--do=repeat", "--engine=a,b", "--set=x", "--engine=c", "--set=y", "--runs=7", "--runs=7")
    assert json.loads(done.stdout) == {"engine": ["a", "b", "c"], "set": ["x", "y"], "runs": 7}
    assert json.loads(run("--json", "--do=repeat", "--engine=a").stdout)["engine"] == ["a"]


def test_traceback_is_shown_when_asked_for(run):
    done = run("--do=bug", "--traceback", "--json")
    assert done.returncode == 1 and done.stdout == "" and "Traceback" in done.stderr and "raise_" in done.stderr


def test_a_verb_begins_anew_in_the_same_process_with_the_same_flags(run):
    done = run("--do=restart", "--json")
    assert (done.returncode, json.loads(done.stdout)) == (0, {"top1": 0.25})
    assert done.stderr == "a process was lost; starting again\n"


def test_an_invalid_measurement_is_printed_and_is_status_3(run):
    done = run("--do=invalid", "--json")
    assert (done.returncode, json.loads(done.stdout)) == (3, {"p50": 1.5})
    assert done.stderr == "error: too busy to count\n"
    assert run("--do=invalid").stdout == "result {'p50': 1.5}\n"


@pytest.mark.parametrize("extra", [[], ["--json"]], ids=["text", "json"])
def test_ctrl_c_is_one_line_and_status_130(command, extra):
    with subprocess.Popen([*command, "--do=wait", *extra], stdout=-1, stderr=-1, text=True) as child:
        assert child.stderr.readline() == "ready\n"
        child.send_signal(signal.SIGINT)
        stdout, stderr = child.communicate(timeout=60)
    assert (child.returncode, stdout) == (130, "")
    assert stderr == "interrupted. Finished work is kept; the same command continues from there\n"


@pytest.mark.parametrize("arguments", [["--help"], ["--do=long"], ["--do=long", "--json"]])
def test_a_reader_that_goes_away_is_no_error(command, arguments):
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run([*command, *arguments], stdout=writing, stderr=subprocess.PIPE, check=False)
    os.close(writing)
    assert done.stderr == b"" and done.returncode == 1


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
@pytest.mark.parametrize("arguments", [["--help"], ["--do=result"], ["--do=result", "--json"]])
def test_a_full_disk_under_stdout_is_one_line(run, arguments):
    with open("/dev/full", "w") as full:
        done = run(*arguments, stdout=full)
    assert done.returncode == 1 and done.stderr.count("\n") == 1
    assert done.stderr.startswith("error: No space left on device")


@pytest.mark.parametrize(
    "locale",
    [
        {"PYTHONIOENCODING": "ascii"},
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONIOENCODING": ""},
    ],
    ids=["ascii", "posix"],
)
def test_any_character_is_printed_in_any_locale(run, locale):
    assert "\\u2026" in run("--help", env=locale).stdout
    assert "caf\\xe9 \\u2713" in run("--do=result", env=locale).stdout
    assert "\\u2713" in run("--do=mistake", env=locale).stderr
    assert run("--do=result", "--json", env=locale).stdout == '{"top1": 0.5, "name": "café ✓"}\n'


@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-"])
@pytest.mark.parametrize("arguments", ["--do=result", "--do=chatter --json", "--help"])
def test_closed_streams(command, closed, arguments):
    line = f"{command[0]} {command[1]} {arguments} {closed}"
    done = subprocess.run(["sh", "-c", line], capture_output=True, text=True, check=False)
    assert done.returncode == 0 and "rror" not in done.stderr
    if closed == "2>&-" and "--json" in arguments:
        assert json.loads(done.stdout) == {"top1": 0.5}


def test_errors_do_not_reach_stdout_where_stderr_is_closed(command):
    line = f"{command[0]} {command[1]} --do=mistake --json 2>&-"
    done = subprocess.run(["sh", "-c", line], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (SuiteError(" a \n\n b\tc "), "a b\\tc"),
        (PermissionError(errno.EACCES, "x", "/root/x"), "Permission denied: /root/x"),
        (OSError(errno.EDQUOT, "x"), "Disk quota exceeded. Free some space and run the same command again"),
        (OSError("Can't write data (No space left on device)"), "disk full: Can't write data (No space"),
        (RuntimeError(""), "unexpected RuntimeError:  (--traceback shows where)"),
        (FileNotFoundError(errno.ENOENT, "x", "a\nb"), "No such file or directory: a b"),
    ],
)
def test_describe(error, text):
    assert command_line.describe(error).startswith(text) and "\n" not in command_line.describe(error)


def test_a_recipe_from_flags(tmp_path):
    path = tmp_path / "r.yaml"
    path.write_text("name: x\ndata: {source: pictures}\nmodel: {name: mobilenet_v1}\n")
    script = tmp_path / "verb.py"
    script.write_text(
        "import dataclasses\nfrom tfl_lite_suite.core import command_line as cli\ncli.define_recipe_flags()\n"
        "cli.run_verb('verb', 'Reads.', lambda: dataclasses.asdict(cli.recipe_from_flags()), str)\n"
    )
    given = [
        sys.executable,
        script,
        "--json",
        f"--recipe={path}",
        "--data=1e3: 'é'",
        "--set=train.epochs=3",
        "--set=seed=7",
    ]
    done = subprocess.run(given, capture_output=True, text=True, check=False)
    read = json.loads(done.stdout)
    assert (read["data"]["source"], read["train"]["epochs"], read["seed"]) == ("1e3: 'é'", 3, 7)
    done = subprocess.run([*given, "--set=train.epoch=3"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("error: train.epoch: unknown key 'epoch'. Did you mean 'epochs'?")


def test_start_is_quick_because_little_is_imported():
    heavy = {"numpy", "yaml", "tensorflow", "PIL"}
    code = f"import sys, tfl_lite_suite.core.command_line\nassert not set(sys.modules) & {heavy}"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_path_in_a_list_may_hold_commas(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("a,b.tflite", "c.tflite", "b.tflite"):
        (tmp_path / name).write_bytes(b"")
    assert command_line.paths("a,b.tflite,c.tflite".split(",")) == ["a,b.tflite", "c.tflite"]
    assert command_line.paths(["b.tflite", "c.tflite"]) == ["b.tflite", "c.tflite"]
    assert command_line.paths(["x", "c.tflite"]) == ["x", "c.tflite"]
    assert command_line.paths([]) == []


def test_help_without_docstrings():
    done = subprocess.run(
        [sys.executable, "-OO", "-m", "tfl_lite_suite.summary", "--help"], capture_output=True, text=True
    )
    assert done.returncode == 0 and "--model=" in done.stdout


def test_an_interrupt_while_a_verb_is_loaded_is_one_line():
    code = (
        "import signal, sys, os\nsys.argv = ['-m']\nimport tfl_lite_suite\n"
        "os.kill(os.getpid(), signal.SIGINT)\nwhile True: pass"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stderr) == (130, "interrupted. Nothing was begun\n")


def test_a_flag_that_would_be_ignored_is_an_error(run):
    done = run("--do=ignored", "--set=a=1")
    assert (done.returncode, done.stderr) == (
        1,
        "error: --set: has an effect only with --recipe. Leave it out\n",
    )
    assert run("--do=ignored").returncode == 0


@pytest.mark.parametrize(
    ("given", "way_out"),
    [
        ({}, ". Repair or remove it"),
        ({"recipe": None}, ". --set=data.on_corrupt=skip leaves such files out and counts them"),
        ({"recipe": None, "on_corrupt": "error"}, ". --on_corrupt=skip leaves such files out and counts them"),
        ({"recipe": "r", "on_corrupt": "error"}, ". --set=data.on_corrupt=skip leaves such files out and counts them"),
    ],
)
def test_the_way_out_of_unreadable_pictures_is_a_flag_of_the_verb(monkeypatch, given, way_out):
    values = flags.FlagValues()
    for name, value in given.items():
        flags.DEFINE_string(name, value, "", flag_values=values)
    values(["verb"])
    monkeypatch.setattr(command_line.flags, "FLAGS", values)
    assert command_line.describe(UnreadablePictures("a.jpg: corrupt")) == f"a.jpg: corrupt{way_out}"
