"""Processes of a plain installation: its Procfile, its units of systemd, and the runner without systemd."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING

from install_checks import InstallError, has_no_proxy

if TYPE_CHECKING:
    from install_account import Account
    from one_install import Install

PROCFILE = """web: venv/bin/python -m miniatures run uvicorn miniatures_site.asgi:application --host 127.0.0.1 \
--port {port} --http miniatures_site.server.slow_connections:TimedConnection --timeout-graceful-shutdown 3 \
--proxy-headers --forwarded-allow-ips "${{TRUSTED_PROXIES:-${{FORWARDED_ALLOW_IPS:-127.0.0.1}}}}" \
--no-access-log
worker: venv/bin/python -m miniatures run celery -A miniatures_site worker --pool threads --concurrency 8 \
--queues {queues} --without-gossip --without-mingle --heartbeat-interval 10 --loglevel INFO
beat: venv/bin/python -m miniatures run celery -A miniatures_site beat --schedule data/beat --pidfile= --loglevel INFO
alerts: venv/bin/python -m miniatures manage check_alerts --every 60
"""
NAMES = tuple(line.split(":")[0] for line in PROCFILE.splitlines())
RUNNER = "web.process.lines"
START = f"venv/bin/python -m miniatures --env-file .env run {RUNNER}"
SYSTEMD, UNITS = Path("/run/systemd/system"), Path("/etc/systemd/system")
TARGET = f"""[Unit]
Description=Miniatures
Wants={" ".join(f"miniatures@{name}.service" for name in NAMES)}

[Install]
WantedBy=multi-user.target
"""
# The account reads its settings itself: systemd would read a file of theirs as root, and whatever it is a link to.
UNIT = """[Unit]
Description=Miniatures, %i
After=network-online.target postgresql.service redis-server.service
Wants=network-online.target
PartOf=miniatures.target
# Where the folder's name is long, sockets between them lie in /tmp.
JoinsNamespaceOf=miniatures@web.service
StartLimitIntervalSec=0

[Service]
User={user}
WorkingDirectory={folder}
ExecStart=/bin/sh -c 'exec {start} %i'
Restart=always
RestartSec=2
TimeoutStopSec=40
# A connection takes at least one descriptor; systemd's own limit is 1,024.
LimitNOFILE=65536
NoNewPrivileges=true
PrivateTmp=true
UMask=0077
"""


def write_lines(install: Install) -> None:
    """Write the Procfile."""
    flags = install.flags
    queues = "default,generation,campaigns" + (",training,evaluation,serving" if "training" in flags.extras else "")
    (install.folder / "Procfile").write_text(PROCFILE.format(port=flags.port, queues=queues))


def start(install: Install) -> None:
    """Start, or start again, every process."""
    if install.is_compose:
        proxy = [] if has_no_proxy(install.flags) else ["--profile", "proxy"]
        install.run("docker", "compose", *proxy, "up", "--detach", "--remove-orphans")
    elif install.ask_root and SYSTEMD.is_dir():
        install.ask_root()
    else:
        start_alone(install)


def start_units(account: Account, folder: Path, is_dry: bool) -> None:
    """Write the units and start them, as root; they say nothing that stands in the folder.

    Raises:
        InstallError: A command failed, or the folder's name cannot stand in a unit.
    """
    if not str(folder).isprintable():
        raise InstallError(f"No unit can name the folder {str(folder)!r}. Install into one without signs of control.")
    unit = UNIT.format(user=account.name, folder=str(folder).replace("%", "%%"), start=START)
    for name, text in (("miniatures@.service", unit), ("miniatures.target", TARGET)):
        print(f"+ write {UNITS / name}", flush=True)
        if not is_dry:
            flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW
            with os.fdopen(os.open(UNITS / name, flags, 0o644), "w") as file:
                file.write(text)
    for words in (["daemon-reload"], ["enable", "miniatures.target"], ["restart", "miniatures.target"]):
        print("+ systemctl", *words, flush=True)
        if not is_dry:
            systemctl(*words)


def systemctl(*words: str) -> None:
    """Run a command of systemd's.

    Raises:
        InstallError: It failed; says what it printed.
    """
    done = subprocess.run(
        ["systemctl", *words], cwd="/", stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    if done.returncode:
        raise InstallError(f"`systemctl {' '.join(words)}` failed:\n{done.stdout[-3000:]}")


def holds_ports(install: Install) -> bool:
    """Return whether an earlier try here, that did not get well, listens on the ports of this one."""
    if install.is_compose:
        line = ["docker", "compose", "ps", "--quiet"]
        return bool(subprocess.run(line, cwd=install.folder, capture_output=True, check=False).stdout.strip())
    procfile, noted = install.folder / "Procfile", install.folder / "data" / "site.pid"
    if not procfile.exists() or f"--port {install.flags.port} " not in procfile.read_text():
        return False
    if noted.exists():
        return is_runner(int(noted.read_text()))
    line = ["systemctl", "is-active", "--quiet", "miniatures@web.service"]
    return SYSTEMD.is_dir() and not subprocess.run(line, check=False).returncode


def start_alone(install: Install) -> None:
    """Start the processes of the Procfile where systemd is not ours to ask; those of an earlier run end first."""
    line = f"{START} --log data/site.log"
    print(f"+ {line}", flush=True)
    if install.flags.dry_run:
        return
    noted = install.folder / "data" / "site.pid"
    if noted.exists():
        end(int(noted.read_text()))
    # The runner writes and rotates the log itself; this is for what it says if it cannot begin.
    with (install.folder / "data" / "site.log").open("ab") as log:
        process = subprocess.Popen(
            line.split(), cwd=install.folder, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
            start_new_session=True,
        )  # fmt: skip
    noted.write_text(str(process.pid))


def end(pid: int) -> None:
    """Ask a runner of ours to end, and wait until it has; a number that another program has now is left alone."""
    deadline = time.monotonic() + 60
    while is_runner(pid) and time.monotonic() < deadline:
        os.kill(pid, signal.SIGTERM)
        time.sleep(1)


def is_runner(pid: int) -> bool:
    """Return whether a process is a runner of ours."""
    line = Path(f"/proc/{pid}/cmdline")
    return line.exists() and RUNNER.encode() in line.read_bytes()
