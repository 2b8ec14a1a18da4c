"""How a plain installation's processes are started: its Procfile, its unit of systemd, and what starts them without one."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING

from install_checks import account_of, has_no_proxy

if TYPE_CHECKING:
    from installer import Install

PROCFILE = """web: venv/bin/python -m miniatures run uvicorn miniatures_site.asgi:application --host 127.0.0.1 --port {port} --http miniatures_site.server.slow_connections:TimedConnection --timeout-graceful-shutdown 3 --proxy-headers --forwarded-allow-ips "${{TRUSTED_PROXIES:-${{FORWARDED_ALLOW_IPS:-127.0.0.1}}}}" --no-access-log
worker: venv/bin/python -m miniatures run celery -A miniatures_site worker --pool threads --concurrency 8 --queues {queues} --loglevel INFO
beat: venv/bin/python -m miniatures run celery -A miniatures_site beat --schedule data/beat --pidfile= --loglevel INFO
alerts: venv/bin/python -m miniatures manage check_alerts --every 60
"""
# With `LOG_FORMAT=json` lines stay as the processes write them: one object each, without a name and a time before it.
START = 'exec venv/bin/python -m honcho start $(grep -q "^LOG_FORMAT=.*json" .env && echo --no-prefix)'
UNIT = """[Unit]
Description=Miniatures
After=network-online.target postgresql.service redis-server.service
Wants=network-online.target

[Service]
WorkingDirectory={folder}
ExecStart=/bin/sh -c '{start}'
Restart=on-failure
TimeoutStopSec=40
NoNewPrivileges=true
PrivateTmp=true
UMask=0077
{user}
[Install]
WantedBy=multi-user.target
"""


def write_lines(install: Install) -> None:
    """Write the Procfile and the unit."""
    wanted = install.wanted
    queues = "default,generation,campaigns" + (",training,evaluation,serving" if "training" in wanted.extras else "")
    (install.folder / "Procfile").write_text(PROCFILE.format(port=wanted.port, queues=queues))
    # Who owns the folder runs it.
    user, line = f"User={install.folder.owner()}\n", START.replace("$", "$$")
    (install.folder / "miniatures.service").write_text(UNIT.format(folder=install.folder, user=user, start=line))


def start(install: Install) -> None:
    """Start, or start again, every process."""
    if install.is_compose:
        proxy = [] if has_no_proxy(install.wanted) else ["--profile", "proxy"]
        install.run("docker", "compose", *proxy, "up", "--detach", "--remove-orphans")
        return
    if account := account_of(install.folder):
        # Root made the files, and the folder's owner is who reads them.
        install.run("chown", "-R", f"{account['user']}:{account['group']}", install.folder)
    if account and Path("/run/systemd/system").is_dir():
        install.run("cp", install.folder / "miniatures.service", "/etc/systemd/system/miniatures.service")
        install.run("systemctl", "daemon-reload")
        install.run("systemctl", "enable", "miniatures")
        install.run("systemctl", "restart", "miniatures")
    else:
        start_alone(install)


def start_alone(install: Install) -> None:
    """Start the processes of the Procfile where systemd is not ours to ask; those of an earlier run end first."""
    print(f"+ {START}", flush=True)
    if install.wanted.dry_run:
        return
    noted = install.folder / "data" / "honcho.pid"
    if noted.exists():
        end(int(noted.read_text()))
    with (install.folder / "data" / "honcho.log").open("ab") as log:
        process = subprocess.Popen(
            ["/bin/sh", "-c", START], cwd=install.folder, stdin=subprocess.DEVNULL, stdout=log,
            stderr=subprocess.STDOUT, start_new_session=True, **account_of(install.folder),
        )  # fmt: skip
    noted.write_text(str(process.pid))


def end(pid: int) -> None:
    """Ask a honcho of ours to end, and wait until it has; a number that another program has now is left alone."""
    line = Path(f"/proc/{pid}/cmdline")
    deadline = time.monotonic() + 60
    while line.exists() and b"honcho" in line.read_bytes() and time.monotonic() < deadline:
        os.kill(pid, signal.SIGTERM)
        time.sleep(1)
