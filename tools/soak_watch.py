"""Watches 100,000 frames while camera and broker are killed again and again, and records memory and what was lost.

    python tools/soak_watch.py --model=x.tflite [--frames=100000] [--kills=10] [--output=docs/results/watch_soak.json]

The camera is a process that serves a picture stream over HTTP, the broker is Debian's mosquitto (fetched without root
if it is not installed); both are killed with SIGKILL and started again. What was delivered is what the broker
acknowledged; memory is the resident size of the process that watches.
"""

import argparse
import json
import pathlib
import random
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from typing import Any

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "tests" / "helpers")]

import mosquitto  # noqa: E402

from tfl_lite_suite.core import command_line, files  # noqa: E402
from tfl_lite_suite.core.errors import SuiteError  # noqa: E402
from tfl_lite_suite.core.verb_process import verb_command  # noqa: E402

# Memory grows while runtimes and queues warm up.
_WARM_SHARE = 0.05
_SAMPLE_SECONDS = 0.5
_AWAY_SECONDS = 2.0

# A camera: JPEG pictures in a stream without an end, as IP cameras serve them.
_CAMERA = """
import http.server, io, sys
import numpy as np
from PIL import Image

def picture(number):
    pixels = np.random.default_rng(number).integers(0, 256, (6, 8, 3), np.uint8).repeat(8, 0).repeat(8, 1)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG")
    return buffer.getvalue()

PICTURES = [picture(number) for number in range(50)]

class Camera(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
        self.end_headers()
        number = 0
        while True:
            content = PICTURES[number % len(PICTURES)]
            head = b"--frame\\r\\nContent-Type: image/jpeg\\r\\nContent-Length: %d\\r\\n\\r\\n" % len(content)
            self.wfile.write(head + content + b"\\r\\n")
            number += 1

    def log_message(self, *rest):
        pass

http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Camera).serve_forever()
"""


class Camera:
    """A stream on loopback that can be killed and started again on the same port."""

    def __init__(self) -> None:
        self.port = mosquitto.free_port()

    def start(self) -> None:
        """Starts to serve."""
        self._process = subprocess.Popen(
            [sys.executable, "-c", _CAMERA, str(self.port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )

    def kill(self) -> None:
        """Kills it, as a pulled plug does."""
        self._process.kill()
        self._process.wait()


def resident_bytes(pid: int) -> int:
    """Returns the resident size of a process; 0 if it is gone."""
    try:
        text = pathlib.Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace")
    except OSError:
        return 0
    found = next((line for line in text.splitlines() if line.startswith("VmRSS:")), "VmRSS: 0")
    return 1024 * int(found.split()[1])


class Soak:
    """One run, with what was seen of it."""

    def __init__(self, given: argparse.Namespace, folder: pathlib.Path) -> None:
        self._given, self._folder = given, folder
        self._camera, self._broker = Camera(), mosquitto.Broker(folder)
        self.memory: list[tuple[int, int]] = []
        self._lines = 0
        self._next = 0

    def run(self) -> dict[str, Any]:
        """Runs to the end and returns the document."""
        self._camera.start()
        self._broker.start()
        begin = time.monotonic()
        try:
            time.sleep(1)
            summary, status = self._watch()
        finally:
            self._camera.kill()
            self._broker.kill()
        return self._document(summary, status, time.monotonic() - begin)

    def _watch(self) -> tuple[dict[str, Any], int]:
        command = verb_command(
            "watch",
            f"--model={self._given.model}",
            f"--source=http://127.0.0.1:{self._camera.port}/",
            f"--mqtt=mqtt://127.0.0.1:{self._broker.port}/soak",
            f"--frames={self._given.frames}",
            "--page",
            "--page_address=127.0.0.1:0",
            "--keep=uncertain,unknown",
            "--keep_limit=20",
            f"--keep_dir={self._folder / 'kept'}",
            "--json",
        )
        errors = self._folder / "stderr"
        with open(errors, "w", encoding="utf-8") as noise:
            process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=noise, text=True)
        killing = threading.Thread(target=self._kill_now_and_then, args=(process,), daemon=True)
        sampling = threading.Thread(target=self._sample, args=(process,), daemon=True)
        killing.start()
        sampling.start()
        assert process.stdout is not None
        for line in process.stdout:
            self._next = json.loads(line)["frame"]
            self._lines += 1
        status = process.wait()
        last = errors.read_text(encoding="utf-8").strip().rpartition("\n")[2]
        if status:
            raise SuiteError(f"watch ended with status {status}: {last}")
        return json.loads(last), status

    def _kill_now_and_then(self, process: "subprocess.Popen[str]") -> None:
        """Kills camera and broker by turns, each time somewhere in an equal part of the frames."""
        part = self._given.frames / (2 * self._given.kills)
        for turn in range(2 * self._given.kills):
            at = (turn + random.Random(turn).uniform(0.2, 0.8)) * part
            while self._next < at:
                if process.poll() is not None:
                    return
                time.sleep(0.05)
            killed = (self._camera, self._broker)[turn % 2]
            killed.kill()
            time.sleep(_AWAY_SECONDS)
            killed.start()
            print(f"frame {self._next}: {type(killed).__name__.lower()} killed and back", file=sys.stderr, flush=True)

    def _sample(self, process: "subprocess.Popen[str]") -> None:
        while process.poll() is None:
            size = resident_bytes(process.pid)
            if size:
                self.memory.append((self._next, size))
            time.sleep(_SAMPLE_SECONDS)

    def _document(self, summary: dict[str, Any], status: int, seconds: float) -> dict[str, Any]:
        warm = [size for frame, size in self.memory if frame >= _WARM_SHARE * self._given.frames]
        tenth = max(1, len(warm) // 10)
        mqtt = summary["mqtt"]
        return {
            "frames": summary["frames"],
            "seconds": seconds,
            "exit_status": status,
            "camera_outages": summary["outages"],
            "broker_outages": mqtt["outages"],
            "skipped": summary["skipped"],
            "printed": self._lines,
            "sent": mqtt["sent"],
            "delivered": mqtt["delivered"],
            "lost": mqtt["lost"],
            "unaccounted": mqtt["sent"] - mqtt["delivered"] - mqtt["lost"],
            "memory_bytes": {
                "first": statistics.median(warm[:tenth]),
                "last": statistics.median(warm[-tenth:]),
                "most": max(warm),
                "least": min(warm),
                "growth": statistics.median(warm[-tenth:]) - statistics.median(warm[:tenth]),
            },
            "kept": summary["kept"],
            "latency_ms": summary["latency_ms"],
        }


def main() -> None:
    """Runs the soak that the flags describe."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=pathlib.Path, required=True)
    parser.add_argument("--frames", type=int, default=100_000)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--output", type=pathlib.Path, default=ROOT / "docs" / "results" / "watch_soak.json")
    given = parser.parse_args()
    try:
        with tempfile.TemporaryDirectory() as folder:
            document = Soak(given, pathlib.Path(folder)).run()
        files.write_json(given.output, document)
        print(json.dumps(document, indent=1))
    except (SuiteError, OSError) as error:
        sys.exit(f"error: {command_line.describe(error)}")


if __name__ == "__main__":
    main()
