"""A small network of hosts inside this machine, which vanishes with the process that made it.

The drill runs in network, mount and process namespaces of its own, and is their home host. Every other host is a
network namespace with one line to home; there is no way from one of them to another. When the first process ends,
however it ends, the kernel ends all others and takes down lines and mounted folders with them.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

HOME = "10.77.0.1"
HOSTS = ("a", "b", "c")
FOLDER = Path("/run/miniatures-drill")
OWN = FOLDER / "own"
INSIDE = "MINIATURES_DRILL_INSIDE"
# The shell is the first process: it collects engines that outlive their workers, which Python would leave as zombies.
FIRST_PROCESS = ("sh", "-c", '"$@"; exit $?', "drill")
UNSHARE = ("unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc")


class CannotDrillError(Exception):
    """This machine lacks what a drill needs; the message says what."""


def enter(arguments: list[str], *, tools: dict[str, str]) -> None:
    """Replace this process by the drill in namespaces of its own, unless it runs in them already.

    Args:
        arguments: What the drill was asked on its command line.
        tools: Programs that the drill needs, each with Debian's package of it.

    Raises:
        CannotDrillError: Not root, no `ip` or `unshare`, or the kernel refuses namespaces.
    """
    if os.environ.get(INSIDE) == "1":
        return
    missing = [name for name in tools if shutil.which(name) is None]
    if missing:
        packages = " ".join(tools[name] for name in tools)
        raise CannotDrillError(f"Missing: {', '.join(missing)}. On Debian: apt-get install {packages}")
    if os.geteuid() != 0:
        raise CannotDrillError("Network namespaces need root.")
    tried = subprocess.run([*UNSHARE, "ip", "link"], capture_output=True, text=True, check=False)
    if tried.returncode:
        raise CannotDrillError(f"This machine allows no network namespaces: {tried.stderr.strip()}")
    os.environ[INSIDE] = "1"
    os.execvp("unshare", [*UNSHARE, *FIRST_PROCESS, sys.executable, "-m", "benchmarks.drill", *arguments])


def build(disk_mib: int) -> None:
    """Make the hosts, their lines to home and a disk of memory for each; call it once, inside."""
    # Over /run, where `ip` keeps its namespaces: nothing is written to the machine's own.
    mount(Path("/run"), 4096)
    FOLDER.mkdir()
    OWN.mkdir()
    ip("link", "set", "lo", "up")
    ip("address", "add", f"{HOME}/32", "dev", "lo")
    for number, host in enumerate(HOSTS, 1):
        ip("netns", "add", host)
        ip("link", "add", f"to-{host}", "type", "veth", "peer", "name", "home", "netns", host)
        ip("address", "add", f"10.77.{number}.1/24", "dev", f"to-{host}")
        ip("link", "set", f"to-{host}", "up")
        ip("-n", host, "address", "add", f"10.77.{number}.2/24", "dev", "home")
        ip("-n", host, "link", "set", "lo", "up")
        ip("-n", host, "link", "set", "home", "up")
        ip("-n", host, "route", "add", f"{HOME}/32", "via", f"10.77.{number}.1")
        disk_of(host).mkdir()
        mount(disk_of(host), disk_mib)


def disk_of(host: str) -> Path:
    """The folder of a host, on a disk of its own."""
    return FOLDER / host


def mount(folder: Path, size_mib: int) -> None:
    line = ["mount", "-t", "tmpfs", "-o", f"size={size_mib}m,mode=755", "drill", str(folder)]
    subprocess.run(line, check=True)


def cut(host: str) -> None:
    """Cut a host's line: its packets are lost without an answer."""
    ip("link", "set", f"to-{host}", "down")


def mend(host: str) -> None:
    """Join a host's line again."""
    ip("link", "set", f"to-{host}", "up")


def inside(host: str) -> list[str]:
    """The words before a command that runs on a host, with a folder `OWN` that no other host sees."""
    mounted = 'mount -t tmpfs -o mode=755 drill "$0" && exec "$@"'
    return ["ip", "netns", "exec", host, "sh", "-c", mounted, str(OWN)]


def address_of(host: str) -> str:
    """The address at which home reaches a host."""
    return f"10.77.{HOSTS.index(host) + 1}.2"


def kill_all_on(host: str) -> int:
    """Kill every process of a host at once, as a power cut would; returns how many there were."""
    pids = [int(pid) for pid in ip("netns", "pids", host).split()]
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    return len(pids)


def ip(*words: str) -> str:
    return subprocess.run(["ip", *words], check=True, capture_output=True, text=True).stdout
