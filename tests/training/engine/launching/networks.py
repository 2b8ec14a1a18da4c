"""Two hosts on one machine: network namespaces that a cable joins, with nothing else in them."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

ADDRESSES = ("10.78.0.1", "10.78.0.2")


@contextmanager
def two_hosts() -> Iterator[tuple[str, str]]:
    """Names of the namespaces, which are gone afterwards; skips the test where the system makes none."""
    if shutil.which("ip") is None or os.geteuid() != 0:
        pytest.skip("network namespaces need root and iproute2")
    names = (f"two-a-{os.getpid()}", f"two-b-{os.getpid()}")
    if tried := ip("netns", "add", names[0]):
        pytest.skip(f"this system makes no network namespaces: {tried}")
    try:
        ip("netns", "add", names[1])
        ip("-n", names[0], "link", "add", "cable", "type", "veth", "peer", "name", "cable", "netns", names[1])
        for name, address in zip(names, ADDRESSES, strict=True):
            for problem in (
                ip("-n", name, "address", "add", f"{address}/24", "dev", "cable"),
                ip("-n", name, "link", "set", "cable", "up"),
                ip("-n", name, "link", "set", "lo", "up"),
            ):
                assert not problem, problem
        yield names
    finally:
        for name in names:
            ip("netns", "delete", name)


def inside(name: str) -> list[str]:
    """Words before a command that runs on that host."""
    return ["ip", "netns", "exec", name]


def ip(*words: str) -> str:
    """Run `ip`; what it complains of, empty where it did as it was bidden."""
    done = subprocess.run(["ip", *words], capture_output=True, text=True, check=False)
    return done.stderr.strip() if done.returncode else ""
