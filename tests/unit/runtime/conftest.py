import sys

import pytest
import quadrant_models
import wheels
from places import TOOLS

sys.path.append(str(TOOLS / "pi"))

import debian_packages  # noqa: E402
import loopback_sshd  # noqa: E402

CARRIED = ("pip", "absl-py", "numpy", "pillow", "pyyaml", "flatbuffers", "tflite-runtime", "ai-edge-litert")


@pytest.fixture
def model(tmp_path):
    """A small int8 `.tflite` file."""
    path = tmp_path / "model.tflite"
    path.write_bytes(quadrant_models.quadrants(dtype="int8"))
    return path


@pytest.fixture(scope="session")
def carried(tmp_path_factory):
    """A folder of wheels that a device without internet installs the suite from."""
    folder = tmp_path_factory.mktemp("wheels")
    wheels.repack(CARRIED, folder)
    return folder


@pytest.fixture(scope="session")
def carried_engines(tmp_path_factory):
    """As `carried`, with the engines that have formats of their own."""
    folder = tmp_path_factory.mktemp("engine_wheels")
    wheels.repack([*CARRIED, "onnxruntime", "ncnn", "mnn"], folder)
    return folder


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    """A real SSH server on loopback whose sessions run this Python and keep their files apart from the user's."""
    cache = tmp_path_factory.mktemp("device")
    folder = tmp_path_factory.mktemp("sshd")
    try:
        with loopback_sshd.Server(folder, {"TFL_LITE_SUITE_CACHE": str(cache)}, programs(folder)) as found:
            found.root = cache / "remote"
            yield found
    except debian_packages.Unavailable as error:
        pytest.skip(f"no SSH server to test with: {error}")


def programs(folder):
    """The device's programs: this Python, called `python3`."""
    (folder / "programs").mkdir()
    python = folder / "programs" / "python3"
    python.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    python.chmod(0o755)
    return python.parent


@pytest.fixture
def client(server, monkeypatch):
    """This process as the server's client."""
    for name, value in server.variables.items():
        monkeypatch.setenv(name, value)
    # Whatever a test did to the server and its key is put right for the next.
    yield server
    server.trust((server.folder / "host.pub").read_text())
    server.stop()
    server.start()
