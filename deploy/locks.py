#!/usr/bin/env python3
"""Locks: every package that an image or an install takes, with its version and the hashes of its files.

`python3 deploy/locks.py [--upgrade]` writes them anew from pyproject.toml, for every platform and Python from 3.11 on;
what a lock holds already keeps its version unless it no longer fits, or `--upgrade` is said. Needs a package index,
which it takes from uv's or pip's variables; the locks name none. Standard library only.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
PYPROJECT = FOLDER.parent / "pyproject.toml"
MAKEFILE = FOLDER.parent / "Makefile"
PYTHON = "3.11"
RESOLVER = "uv>=0.9,<1"
# Extras by lock: what deploy/Dockerfile installs, and deploy/install unless it is told otherwise.
EXTRAS = {
    "web": frozenset({"teachers", "research", "parquet", "s3"}),
    "training": frozenset({"teachers", "research", "parquet", "s3", "training", "gpu"}),
}


def path_of(name: str) -> Path:
    """Return the path of a lock."""
    return FOLDER / f"{name}.lock"


def whole_for(extras: frozenset[str]) -> Path | None:
    """The lock of exactly these extras; None where they are others."""
    return next((path_of(name) for name, held in EXTRAS.items() if held == extras), None)


def versions_for(extras: frozenset[str]) -> str:
    """Versions alone, as constraints for extras that no lock is for: pip takes hashes for all packages or for none."""
    lines = path_of("training" if "training" in extras else "web").read_text().splitlines()
    return "".join(line.rstrip("\\ ") + "\n" for line in lines if line[:1].isalnum())


def write(name: str, resolver: Path, *, is_upgrade: bool) -> None:
    """Resolve one lock."""
    requirements = tomllib.loads(PYPROJECT.read_text())["build-system"]["requires"]
    if "training" in EXTRAS[name]:
        # The torch that the tests run with.
        requirements += re.findall(r"^TORCH_VERSION \?= (\S+)$", MAKEFILE.read_text(), re.MULTILINE)
        requirements[-1] = f"torch=={requirements[-1]}"
    words: list[str | Path] = [
        resolver, "pip", "compile", PYPROJECT, "-", "--universal", "--python-version", PYTHON, "--generate-hashes",
        "--no-annotate", "--no-emit-index-url", "--custom-compile-command", "python3 deploy/locks.py", "--quiet",
        "--output-file", path_of(name),
    ]  # fmt: skip
    for extra in sorted(EXTRAS[name]):
        words += ["--extra", extra]
    subprocess.run(
        [*words, *(["--upgrade"] if is_upgrade else [])], input="\n".join(requirements), text=True, check=True
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--upgrade", action="store_true", help="take the newest versions that fit")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        python = Path(folder) / "bin" / "python"
        subprocess.run([python, "-m", "pip", "install", "--quiet", RESOLVER], check=True, env=os.environ)
        for name in EXTRAS:
            write(name, python.with_name("uv"), is_upgrade=options.upgrade)


if __name__ == "__main__":
    main()
