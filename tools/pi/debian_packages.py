"""Debian packages unpacked into a folder, of any suite and architecture, without root and without touching the system.

apt resolves and checks what is fetched, with folders of its own; `dpkg -x` unpacks.
"""

import argparse
import fcntl
import os
import pathlib
import shutil
import subprocess
import sys

KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
SYSTEM_STATUS = "/var/lib/dpkg/status"


class Unavailable(Exception):
    """The packages cannot be had here, in one line."""


def obtain(folder: pathlib.Path, packages: list[str], *, suite: str, architecture: str, lean: bool = False) -> None:
    """Unpacks packages and what they depend on, unless that was done before.

    Args:
        folder: Where to; it is made, and becomes the root of the packages' files.
        packages: Their names.
        suite: Such as `bookworm`.
        architecture: Such as `arm64`.
        lean: Leave out what the system has installed already; else the folder has everything, down to the C library.

    Raises:
        Unavailable: If this system has no apt, or apt cannot get them.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    with open(f"{folder}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        stamp = folder / ".complete"
        wanted = f"{suite} {architecture} {' '.join(packages)}\n"
        if not stamp.is_file() or stamp.read_text() != wanted:
            _unpack(folder, packages, suite, architecture, lean)
            stamp.write_text(wanted)


def _unpack(folder: pathlib.Path, packages: list[str], suite: str, architecture: str, lean: bool) -> None:
    if not shutil.which("apt-get") or not shutil.which("dpkg"):
        raise Unavailable("no apt-get and dpkg on this system")
    shutil.rmtree(folder, ignore_errors=True)
    work = folder / ".apt"
    for name in ("lists/partial", "cache/archives/partial"):
        (work / name).mkdir(parents=True)
    (work / "status").touch()
    (work / "sources.list").write_text(f"deb [signed-by={KEYRING}] {mirror()} {suite} main\n")
    options = {
        "Dir::State": work,
        "Dir::State::Lists": work / "lists",
        "Dir::State::status": SYSTEM_STATUS if lean else work / "status",
        "Dir::Cache": work / "cache",
        "Dir::Etc::sourcelist": work / "sources.list",
        "Dir::Etc::sourceparts": "-",
        "APT::Architecture": architecture,
        "APT::Architectures": architecture,
        "APT::Sandbox::User": "root",
        "Debug::NoLocking": "true",
    }
    apt = ["apt-get", "-qq", *(f"-o{key}={value}" for key, value in options.items())]
    _run([*apt, "update"])
    _run([*apt, "install", "--yes", "--download-only", "--no-install-recommends", *packages])
    for package in sorted((work / "cache" / "archives").glob("*.deb")):
        _run(["dpkg", "-x", str(package), str(folder)])
    shutil.rmtree(work)


def mirror() -> str:
    """Returns the mirror that this system uses."""
    command = ["apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages", "Origin: Debian"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    found = [line for line in done.stdout.split() if line.rstrip("/").endswith("/debian")]
    if not found:
        raise Unavailable("apt knows no mirror of Debian. Run: apt-get update")
    return found[0]


def _run(command: list[str]) -> None:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C"}
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", env=environment, check=False)
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if line.startswith("E:")] or done.stderr.splitlines()
        raise Unavailable(f"{pathlib.Path(command[0]).name} failed: {(lines or ['no message'])[0]}")


def main() -> None:
    """Unpacks what the command line names."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("packages", nargs="+")
    parser.add_argument("--suite", default="bookworm")
    parser.add_argument("--architecture", default="arm64")
    parser.add_argument("--lean", action="store_true", help="leave out what the system has installed")
    given = parser.parse_args()
    try:
        obtain(given.folder, given.packages, suite=given.suite, architecture=given.architecture, lean=given.lean)
    except Unavailable as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
