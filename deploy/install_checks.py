"""Installer checks: the host before an install begins, and the site once it has started."""

from __future__ import annotations

import argparse
import http.client
import importlib.util
import os
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

from miniatures.env_file import host_name, read_env

MIB = 1024 * 1024
NEEDED_DISK_MIB = {"compose": 20_000, "plain": 2_000}
# What torch brings along beside that, NVIDIA's libraries among it.
NEEDED_BY_TRAINING_MIB = 6_000
NEEDED_MEMORY_MIB = {"compose": 4_000, "plain": 1_500}
COMPOSE_AT_LEAST = (2, 20)
LOCAL = ("localhost", "127.0.0.1")
# Health says nothing of templates and static files; the page of signing in needs both.
ASKED = ("/healthz", "/accounts/login/")


class InstallError(Exception):
    """A reason to stop, in one sentence that says what to do."""


def printable(text: str) -> str:
    """Return a text without signs that a terminal obeys: it may be of a program or a file of the account's."""
    return "".join(sign if sign.isprintable() or sign == "\n" else "?" for sign in text)


def check_host(flags: argparse.Namespace, folder: Path, wanted_ports: list[int], reasons: Sequence[str]) -> None:
    """Refuse a host that lacks disk, memory, a free port or a program, and what there are reasons against already.

    Raises:
        InstallError: Names all that is lacking.
    """
    lacking = []
    there = next(each for each in (folder, *folder.parents) if each.exists())
    free = shutil.disk_usage(there).free // MIB
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // MIB
    needed = NEEDED_DISK_MIB[flags.mode]
    if flags.mode == "plain" and "training" in flags.extras.split(","):
        needed += NEEDED_BY_TRAINING_MIB
    if free < needed:
        lacking.append(f"{there} has {free} MiB free, {needed} are needed.")
    if memory < NEEDED_MEMORY_MIB[flags.mode]:
        lacking.append(f"This host has {memory} MiB of memory, {NEEDED_MEMORY_MIB[flags.mode]} are needed.")
    lacking += [f"Port {port} is taken." for port in wanted_ports if is_taken(port)]
    lacking += check_compose() + check_doors(folder) if flags.mode == "compose" else check_programs()
    lacking += reasons
    if lacking:
        raise InstallError("This host is not ready:\n  " + "\n  ".join(lacking))


def ports(flags: argparse.Namespace) -> list[int]:
    """Return the ports that will be listened on."""
    if flags.mode == "plain":
        return [flags.port]
    return [8000] if has_no_proxy(flags) else [8000, 80, 443]


def has_no_proxy(flags: argparse.Namespace) -> bool:
    """Return whether TLS is not ours: by wish, or as the host is this machine alone."""
    return flags.no_proxy or flags.host in LOCAL


def is_taken(port: int) -> bool:
    """Return whether something listens on this port of this host."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def check_compose() -> list[str]:
    """Return what is wrong with Docker here."""
    try:
        output = subprocess.run(
            ["docker", "compose", "version", "--short"], capture_output=True, text=True, timeout=30
        ).stdout
    except (OSError, subprocess.TimeoutExpired):
        output = ""
    numbers = re.match(r"v?(\d+)\.(\d+)", output.strip())
    if not numbers:
        return ["`docker compose` does not answer; install Docker Engine with its compose plugin, or use --mode plain."]
    is_old = tuple(map(int, numbers.groups())) < COMPOSE_AT_LEAST
    return [f"docker compose is {output.strip()}; 2.20 or newer is needed."] if is_old else []


def check_doors(folder: Path) -> list[str]:
    """Return that Compose would close the doors of GPU hosts, whose file the settings do not name."""
    settings = {**read_env(folder / ".env"), **os.environ}
    if not settings.get("PRIVATE_ADDRESS") or "-to-hosts.yml" in settings.get("COMPOSE_FILE", ""):
        return []
    reason = "PRIVATE_ADDRESS, and no file of Compose for it in COMPOSE_FILE of .env: GPU hosts would be shut out."
    return [f"{reason} Name the file (docs/hosts.md, Doors), or take the address out."]


def check_programs() -> list[str]:
    """Return which programs of the plain mode are missing."""
    clients = [name for name in ("pg_dump", "pg_restore", "psql") if not shutil.which(name)]
    missing = [f"{', '.join(clients)}: missing (Debian: apt-get install postgresql-client)."] if clients else []
    if importlib.util.find_spec("ensurepip") is None:
        missing.append("This Python makes no environments (Debian: apt-get install python3-venv).")
    return missing


def wait_until_well(port: int, host: str, within_s: float = 180) -> None:
    """Wait until health and the page of signing in both answer 200.

    Raises:
        InstallError: They did not; says what was answered last.
    """
    deadline = time.monotonic() + within_s
    while answers := [answer for path in ASKED if (answer := fault_of(port, host, path))]:
        if time.monotonic() > deadline:
            raise InstallError(f"The site is not well after {within_s:.0f} s (docs/runbook.md): {'; '.join(answers)}")
        time.sleep(1)


def fault_of(port: int, host: str, path: str) -> str:
    """Return what is wrong with the answer to a path, nothing if it is 200."""
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        link.request("GET", path, headers={"Host": host_name(host), "X-Forwarded-Proto": "https"})
        response = link.getresponse()
        text = response.read().decode(errors="replace")[:500]
        return "" if response.status == http.client.OK else f"{path} {response.status} {text}"
    except (OSError, http.client.HTTPException) as error:
        return f"{path} {error}"
    finally:
        link.close()
