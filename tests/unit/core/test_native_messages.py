import subprocess
import sys


def test_native_messages_are_kept_and_stderr_comes_back():
    code = (
        "import os, sys\nfrom tfl_lite_suite.core.native_messages import native_messages\n"
        "try:\n    with native_messages() as printed:\n        os.write(2, b'inside \\xff')\n"
        "        print(printed())\n        raise ValueError\n"
        "except ValueError:\n    os.write(2, b'outside')\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("inside \N{REPLACEMENT CHARACTER}\n", "outside")
