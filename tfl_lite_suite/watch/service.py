"""A systemd unit for watching, and what a running service tells systemd."""

import os
import shlex
import socket
from collections.abc import Sequence

WATCHDOG_SECONDS = 60


def unit(command: Sequence[str], folder: str, user: str) -> str:
    """Returns a unit that runs a command for ever.

    Args:
        command: Program and arguments.
        folder: Where it runs.
        user: As whom.
    """
    return f"""# Save as /etc/systemd/system/tfl-lite-suite-watch.service, then:
#   sudo systemctl daemon-reload && sudo systemctl enable --now tfl-lite-suite-watch
#   journalctl -u tfl-lite-suite-watch -f
[Unit]
Description=tfl_lite_suite watches a camera
Wants=network-online.target
After=network-online.target
StartLimitIntervalSec=0

[Service]
Type=notify
ExecStart={" ".join(map(_quoted, command))}
WorkingDirectory={folder.replace("%", "%%")}
User={user}
SupplementaryGroups=video
Restart=on-failure
RestartSec=5
WatchdogSec={WATCHDOG_SECONDS}
TimeoutStopSec=20
NoNewPrivileges=true
PrivateTmp=true
ProtectSystem=full

[Install]
WantedBy=multi-user.target
"""


def _quoted(word: str) -> str:
    """Returns a word as systemd reads it: `%` and `$` doubled, what is special to it in double quotes."""
    doubled = word.replace("%", "%%").replace("$", "$$")
    if shlex.quote(word) == word:
        return doubled
    return '"' + doubled.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


class Notifier:
    """Tells systemd that the service is ready and alive; does nothing where systemd did not start it."""

    def __init__(self) -> None:
        """Looks for systemd's socket."""
        self._address = os.environ.get("NOTIFY_SOCKET", "")

    def tell(self, state: str) -> None:
        """Sends a state, such as `READY=1`, `WATCHDOG=1` or `STOPPING=1`."""
        if not self._address:
            return
        address = "\0" + self._address[1:] if self._address.startswith("@") else self._address
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as connection:
            try:
                connection.connect(address)
                connection.send(state.encode("ascii"))
            except OSError:
                # systemd restarts a service that it does not hear; there is nobody else to tell.
                return
