"""A network of its own for a program: every address is on its loopback, private and public ones alike,
and its names come from a server of the test.

What the program calls is resolved by the system as everywhere, and no packet leaves. Linux with user namespaces; no
root.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
PUBLIC, PUBLIC_6 = "93.184.216.34", "2606:2800:220:1::1"
_UNSHARED = ["unshare", "--user", "--map-root-user", "--net", "--mount"]
_PREPARED = """
set -e
ip link set lo up
for address in 93.184.216.34/32 10.0.0.7/32 169.254.169.254/32; do ip addr add $address dev lo; done
for address in 2606:2800:220:1::1/128 fd00::7/128; do ip -6 addr add $address dev lo nodad; done
printf 'nameserver 127.0.0.1\\noptions timeout:30 attempts:5\\n' > "$0/resolv.conf"
printf 'hosts: files dns\\n' > "$0/nsswitch.conf"
printf '127.0.0.1 localhost\\n' > "$0/hosts"
for file in resolv.conf nsswitch.conf hosts; do mount --bind "$0/$file" "/etc/$file"; done
exec "$@"
"""


def run(module: str, folder: Path, *words: str) -> Any:
    """Return what a module of the tests prints as JSON when it runs in a network of its own.

    Args:
        module: As `python -m` takes it.
        folder: For what its resolver reads.
        words: Its arguments.
    """
    if not shutil.which("unshare") or subprocess.run([*_UNSHARED, "true"], check=False).returncode:
        refuse = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
        refuse("this machine gives no program a network of its own")
    command = [*_UNSHARED, "sh", "-c", _PREPARED, str(folder), sys.executable, "-m", module, *words]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=280)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])
