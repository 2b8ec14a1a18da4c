"""One run of the installer: where its files lie, what it was told, and how a command is run or only printed."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO

from install_checks import InstallError, printable

from miniatures.env_file import read_env

ROOT = Path(__file__).resolve().parent.parent
# Wishes of an installation that has none yet.
USUAL = {"port": 8000, "extras": "teachers,s3,research,parquet"}


class Install:
    """One run: where files lie, and how a command is run or only printed.

    Args:
        package: What `install_package` packed, for a plain install.
        reasons: Why it may not be installed there.
        ask_root: Has root start the units, where root has begun this; nothing else of this has root's rights then.
    """

    def __init__(
        self,
        flags: argparse.Namespace,
        *,
        package: IO[bytes] | None = None,
        reasons: Sequence[str] = (),
        ask_root: Callable[[], None] | None = None,
    ) -> None:
        self.package, self.reasons, self.ask_root = package, reasons, ask_root
        self.is_compose = flags.mode == "compose"
        self.folder = ROOT if self.is_compose else flags.folder.absolute()
        self.env_file = self.folder / ".env"
        self.marker = self.folder / ".installed"
        self.is_upgrade = self.marker.exists()
        self.before = {**USUAL, **(json.loads(self.marker.read_text()) if self.is_upgrade else {})}
        chosen = {name: getattr(flags, name) for name in USUAL if getattr(flags, name) is not None}
        vars(flags).update({**self.before, **chosen})
        self.flags = flags
        self.python = self.folder / "venv" / "bin" / "python"

    def run(self, *line: object, **variables: str) -> str:
        """Run a command and return its output; a dry run prints it."""
        words = [str(word) for word in line]
        print("+", printable(" ".join(words)), flush=True)
        if self.flags.dry_run:
            return ""
        done = subprocess.run(
            words,
            cwd=self.folder,
            env={**os.environ, **variables},
            stdout=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
            stderr=subprocess.STDOUT,
            # What the account's programs are, root does not know: they have no hold of root's terminal.
            start_new_session=self.ask_root is not None,
            text=True,
        )
        if done.returncode:
            raise InstallError(f"`{' '.join(words)}` failed:\n{done.stdout[-3000:]}")
        return done.stdout

    def manage(self, *words: object, **variables: str) -> str:
        """Run a command of Django's, in a container or in the environment."""
        if self.is_compose:
            passed = [word for name in variables for word in ("--env", name)]
            # In this service: every other one has Compose migrate first, and a backup comes before that.
            run = ("docker", "compose", "run", "--rm", "-T", *passed, "migrate")
            return self.run(*run, "python", "manage.py", *words, **variables)
        return self.run(self.python, "-m", "miniatures", "manage", *words, **{**read_env(self.env_file), **variables})
