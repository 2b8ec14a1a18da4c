"""Ask whether a package of this environment has a known vulnerability.

Where advisories cannot be reached, say so in one line.
"""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import signal
import subprocess
import sys
import sysconfig
from typing import Any

TOOL = "pip-audit>=2.7,<3"
AT_MOST_S = 180.0


def runner() -> list[str]:
    """Return the command of pip-audit: its module, else a program that runs it in isolation; empty without either."""
    if importlib.util.find_spec("pip_audit"):
        return [sys.executable, "-m", "pip_audit"]
    isolated: dict[str, list[str]] = {
        "pip-audit": [],
        "uvx": ["--from", TOOL, "pip-audit"],
        "pipx": ["run", "--spec", TOOL, "pip-audit"],
    }
    return next(([path, *words] for program, words in isolated.items() if (path := shutil.which(program))), [])


def audit(within_s: float = AT_MOST_S) -> int:
    """Print what is known; returns 1 only if advisories were reached and name a vulnerability."""
    if not (command := runner()):
        return untold("pip-audit is not here, nor uvx or pipx to run it")
    options = [
        "--path",
        sysconfig.get_path("purelib"),
        "--format",
        "json",
        "--progress-spinner",
        "off",
        "--timeout",
        "15",
    ]
    process = subprocess.Popen(
        [*command, *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    try:
        output, complaint = process.communicate(timeout=within_s)
    except subprocess.TimeoutExpired:
        # With its children: uvx and pipx start one.
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        return untold(f"no answer within {within_s:g} s")
    try:
        packages = json.loads(output)["dependencies"]
    except (ValueError, KeyError, TypeError):
        return untold((complaint.strip().splitlines() or ["no answer"])[-1][:200])
    return tell(packages)


def untold(reason: str) -> int:
    """Say in one line that nothing was checked, which fails nothing."""
    print(f"Advisories: not checked ({reason}).")
    return 0


def tell(packages: list[dict[str, Any]]) -> int:
    """Print each vulnerable package with what mends it, and how many packages were looked at."""
    looked_at = [package for package in packages if "skip_reason" not in package]
    faults = [(package, fault) for package in looked_at for fault in package["vulns"]]
    for package, fault in faults:
        mended = ", ".join(fault["fix_versions"]) or "no version yet"
        print(f"Advisories: {package['name']} {package['version']} has {fault['id']}; fixed in {mended}.")
    if not looked_at:
        return untold("no package was looked up")
    print(f"Advisories: {len(looked_at)} packages checked, {len(faults)} known vulnerabilities.")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(audit())
