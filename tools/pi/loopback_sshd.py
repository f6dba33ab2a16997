"""A real OpenSSH server on loopback, for as long as a test or an emulation needs one: own port, own keys, no root.

    python tools/pi/loopback_sshd.py --set NAME=VALUE -- COMMAND …

runs a command with such a server: `$LOOPBACK_PORT` is its port, and the `ssh` on `$PATH` knows its key.
"""

import argparse
import contextlib
import getpass
import os
import pathlib
import pwd
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

import debian_packages

CACHE = pathlib.Path(__file__).resolve().parents[2] / ".cache" / "pi"
_START_SECONDS = 20.0
# As root, sshd insists on a user `sshd` and a folder, which only an installed package has: so they are shown to it.
_AS_ROOT = 'mount --bind "$1" /etc/passwd && mount -t tmpfs tmpfs /run && mkdir -m 755 /run/sshd && shift && exec "$@"'


def find_sshd() -> pathlib.Path:
    """Returns the system's sshd, or one unpacked from Debian's package.

    Raises:
        debian_packages.Unavailable: If there is none to be had.
    """
    if not shutil.which("ssh"):
        raise debian_packages.Unavailable("no ssh on this system")
    installed = shutil.which("sshd", path="/usr/sbin:/usr/local/sbin:/sbin")
    if installed:
        return pathlib.Path(installed)
    folder = CACHE / "openssh-server"
    release = dict(
        line.split("=", 1) for line in pathlib.Path("/etc/os-release").read_text().split("\n") if "=" in line
    )
    architecture = subprocess.run(["dpkg", "--print-architecture"], capture_output=True, text=True, check=False).stdout
    suite = release.get("VERSION_CODENAME", "")
    debian_packages.obtain(folder, ["openssh-server"], suite=suite, architecture=architecture.strip(), lean=True)
    return folder / "usr" / "sbin" / "sshd"


class Server:
    """The server; a context.

    Attributes:
        folder: Of its keys and settings, and of `bin`, which holds an `ssh` that knows them.
        port: Where it listens, on 127.0.0.1.
        address: `USER@127.0.0.1:PORT`.
    """

    def __init__(self, folder: pathlib.Path, environment: dict[str, str], programs: pathlib.Path | None = None) -> None:
        """Makes keys and settings.

        Args:
            folder: An empty folder.
            environment: Variables of every session.
            programs: A folder whose programs come first on every session's path.

        Raises:
            debian_packages.Unavailable: If there is no sshd to be had.
        """
        self._sshd = find_sshd()
        self.folder = folder
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.address = f"{getpass.getuser()}@127.0.0.1:{self.port}"
        self._process: subprocess.Popen[bytes] | None = None
        for name in ("host", "user"):
            command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name)]
            subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
        self.trust((folder / "host.pub").read_text())
        settings = {
            "HostKey": folder / "host",
            "AuthorizedKeysFile": folder / "user.pub",
            "PidFile": "none",
            "UsePAM": "no",
            "StrictModes": "no",
            "PasswordAuthentication": "no",
            "KbdInteractiveAuthentication": "no",
            "PermitRootLogin": "prohibit-password",
            "SetEnv": " ".join(f'"{key}={value}"' for key, value in environment.items()),
        }
        if programs:
            # After the shell has read its settings, which may set the path, too.
            path = f"PATH={shlex.quote(str(programs))}:$PATH"
            settings["ForceCommand"] = f'{path} exec /bin/sh -c "$SSH_ORIGINAL_COMMAND"'
        (folder / "sshd_config").write_text(
            "".join(f"{key} {value}\n" for key, value in settings.items() if str(value))
        )
        client = {
            "IdentityFile": folder / "user",
            "IdentitiesOnly": "yes",
            "UserKnownHostsFile": folder / "known_hosts",
        }
        client |= {"GlobalKnownHostsFile": "/dev/null", "BatchMode": "yes"}
        (folder / "ssh_config").write_text("".join(f"{key} {value}\n" for key, value in client.items()))
        (folder / "bin").mkdir()
        ssh = folder / "bin" / "ssh"
        ssh.write_text(f'#!/bin/sh\nexec {shutil.which("ssh")} -F {shlex.quote(str(folder / "ssh_config"))} "$@"\n')
        ssh.chmod(0o755)

    def trust(self, public_key: str) -> None:
        """Has the client know a public key as the server's, and no other; an empty one is none."""
        kind, _, key = public_key.partition(" ")
        (self.folder / "known_hosts").write_text(f"[127.0.0.1]:{self.port} {kind} {key}\n" if key else "")

    @property
    def variables(self) -> dict[str, str]:
        """What a client's process needs in its environment."""
        return {"PATH": f"{self.folder / 'bin'}:{os.environ['PATH']}", "LOOPBACK_PORT": str(self.port)}

    def start(self) -> None:
        """Starts listening."""
        options = ["-D", "-e", "-f", str(self.folder / "sshd_config"), "-o", "ListenAddress=127.0.0.1"]
        command = [str(self._sshd), *options, "-p", str(self.port)]
        if os.geteuid() == 0 and not _has_user("sshd"):
            passwd = self.folder / "passwd"
            passwd.write_text(
                pathlib.Path("/etc/passwd").read_text() + "sshd:x:65533:65534::/run/sshd:/usr/sbin/nologin\n"
            )
            command = ["unshare", "--mount", "sh", "-c", _AS_ROOT, "sh", str(passwd), *command]
        library = self._sshd.parents[2]
        paths = [str(path.parent) for path in library.glob("**/libwrap.so.0")] if library != pathlib.Path("/") else []
        environment = {**os.environ, "LD_LIBRARY_PATH": ":".join(paths)} if paths else None
        with open(self.folder / "sshd.log", "ab") as log:
            self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=log, env=environment)
        end = time.monotonic() + _START_SECONDS
        while time.monotonic() < end and self._process.poll() is None:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
                return
            time.sleep(0.05)
        lines = (self.folder / "sshd.log").read_text(errors="replace").split("\n")
        raise debian_packages.Unavailable(f"sshd does not start: {[line for line in lines if line.strip()][-1:]}")

    def drop(self) -> None:
        """Breaks every connection, as a cable pulled out does; what runs in them is left alone."""
        for pid in _descendants(self._process.pid) if self._process else []:
            with contextlib.suppress(OSError):
                if pathlib.Path(f"/proc/{pid}/comm").read_text().startswith("sshd"):
                    os.kill(pid, signal.SIGKILL)

    def stop(self) -> None:
        """Stops listening, and breaks every connection."""
        if self._process is not None:
            self.drop()
            self._process.kill()
            self._process.wait()
            self._process = None

    def __enter__(self) -> "Server":
        self.start()
        return self

    def __exit__(self, *failure: object) -> None:
        self.stop()


def _has_user(name: str) -> bool:
    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return os.path.isdir("/run/sshd")


def _descendants(pid: int) -> list[int]:
    try:
        children = [int(text) for text in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        children = []
    return children + [below for child in children for below in _descendants(child)]


def main() -> int:
    """Runs the command line's command; returns its exit status."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="a variable of every session")
    parser.add_argument("--programs", type=pathlib.Path, help="a folder that comes first on every session's path")
    parser.add_argument("command", nargs="+")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="loopback_sshd-") as folder:
        try:
            variables = dict(pair.split("=", 1) for pair in given.set)
            with Server(pathlib.Path(folder), variables, given.programs) as server:
                return subprocess.call(given.command, env={**os.environ, **server.variables})
        except debian_packages.Unavailable as error:
            print(f"error: no loopback SSH server: {error}", file=sys.stderr)
            return 1


if __name__ == "__main__":
    sys.exit(main())
