import subprocess

from tfl_lite_suite.core.verb_process import verb_command


def test_a_verb_runs_with_its_arguments():
    done = subprocess.run(verb_command("summary", "--model=mobilenet_v9"), capture_output=True, text=True, check=False)
    assert done.returncode == 1 and "unknown network 'mobilenet_v9'" in done.stderr
