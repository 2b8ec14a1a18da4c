"""Install Miniatures on this host, or upgrade what an earlier run installed.

`compose` runs everything in containers from this checkout. `plain` makes a virtual environment, a Procfile and a systemd unit
in a folder, for a PostgreSQL and a Redis of your own. Needs Python 3.11 and its standard library only.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import secrets
import subprocess
import sys
from pathlib import Path

import locks
from install_checks import InstallError, check_host, may_run, ports, wait_until_well
from install_processes import start, write_lines
from install_settings import ask, read_env, settle_env
from install_stores import reach_stores

ROOT = Path(__file__).resolve().parent.parent
# Wishes of the install that its upgrades keep; of these an upgrade may be given another.
KEPT = ("host", "port", "extras", "no_proxy")
USUAL = {"port": 8000, "extras": "teachers,s3,research,parquet"}
ADMIN = ["createsuperuser", "--no-input"]
# The installation has a way in already: an admin of a restored database, or of an earlier try.
HAS_ADMIN = (
    "from members.models import Member; print(Member.objects.filter(is_superuser=True, is_active=True).exists())"
)


def parse(words: list[str] | None = None) -> argparse.Namespace:
    """Read flags; what is not given is read from the environment, then asked."""
    parser = argparse.ArgumentParser(prog="deploy/install", description=__doc__)
    parser.add_argument("--mode", choices=("compose", "plain"), default=os.environ.get("INSTALL_MODE", "compose"))
    parser.add_argument("--host", default=os.environ.get("INSTALL_HOST"), help="name the site answers to")
    parser.add_argument("--email", default=os.environ.get("INSTALL_EMAIL"), help="mail address of the first admin")
    parser.add_argument(
        "--folder",
        type=Path,
        default=Path(os.environ.get("INSTALL_FOLDER", "/opt/miniatures")),
        help="plain: where all of it lies",
    )
    parser.add_argument("--port", type=int, help=f"plain: port on 127.0.0.1 (at first {USUAL['port']})")
    parser.add_argument("--wheel", help="plain: a built wheel instead of this checkout")
    parser.add_argument("--extras", help=f"plain: what is installed besides the site (at first {USUAL['extras']})")
    parser.add_argument("--restore", type=Path, help="plain: a backup that this new installation begins with")
    parser.add_argument("--no-proxy", action="store_true", help="compose: TLS ends in a proxy of your own")
    parser.add_argument(
        "--yes", action="store_true", help="ask nothing; DATABASE_URL and REDIS_URL come from the environment"
    )
    parser.add_argument("--dry-run", action="store_true", help="print what would be done, and do nothing")
    return parser.parse_args(words)


class Install:
    """One run: where files lie, and how a command is run or only printed."""

    def __init__(self, wanted: argparse.Namespace) -> None:
        self.is_compose = wanted.mode == "compose"
        self.folder = ROOT if self.is_compose else wanted.folder.absolute()
        self.env_file = self.folder / ".env"
        self.marker = self.folder / ".installed"
        self.is_upgrade = self.marker.exists()
        self.before = {**USUAL, **(json.loads(self.marker.read_text()) if self.is_upgrade else {})}
        given = {name: getattr(wanted, name) for name in USUAL if getattr(wanted, name) is not None}
        vars(wanted).update({**self.before, **given})
        self.wanted = wanted
        self.python = self.folder / "venv" / "bin" / "python"

    def run(self, *line: object, **variables: str) -> str:
        """Run a command and return its output; a dry run prints it."""
        words = [str(word) for word in line]
        print("+", " ".join(words), flush=True)
        if self.wanted.dry_run:
            return ""
        done = subprocess.run(
            words,
            cwd=self.folder,
            env={**os.environ, **variables},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        if done.returncode:
            raise InstallError(f"`{' '.join(words)}` failed:\n{done.stdout[-3000:]}")
        return done.stdout

    def manage(self, *words: object, **variables: str) -> str:
        """Run a command of Django's, in a container or in the environment."""
        if self.is_compose:
            passed = [word for name in variables for word in ("--env", name)]
            return self.run(
                "docker", "compose", "run", "--rm", "-T", *passed, "web", "python", "manage.py", *words, **variables
            )
        return self.run(self.python, "-m", "miniatures", "manage", *words, **{**read_env(self.env_file), **variables})


def build(install: Install) -> None:
    """Build images, or the environment with the files that start it."""
    if install.is_compose:
        install.run("docker", "compose", "build")
        return
    wanted = install.wanted
    if install.python.exists() and not may_run(install.python, install.folder):
        # Made by a Python that lies where the folder's account does not reach.
        install.run("rm", "-r", install.folder / "venv")
    if not install.python.exists():
        install.run(sys.executable, "-m", "venv", install.folder / "venv")
    install_packages(install)
    reach_stores(install)
    install.manage("collectstatic", "--no-input", PACK_STATIC="1")
    if not wanted.dry_run:
        (install.folder / "data").mkdir(exist_ok=True, mode=0o700)
        write_lines(install)


def install_packages(install: Install) -> None:
    """Install from the lock, each file by its hash; extras that no lock is for by the lock's versions."""
    wanted, pip = install.wanted, (install.python, "-m", "pip", "install", "-q")
    extras, package = frozenset(filter(None, wanted.extras.split(","))), wanted.wheel or ROOT
    if not wanted.wheel and (ROOT / "build").exists():
        # Of an earlier build: modules that are gone from the checkout would be installed from there.
        install.run("rm", "-r", ROOT / "build")
    if lock := locks.whole_for(extras):
        install.run(*pip, "--require-hashes", "-r", lock)
    else:
        versions = install.folder / "versions.txt"
        if not wanted.dry_run:
            versions.write_text(locks.versions_for(extras))
        install.run(*pip, "--upgrade", "-c", versions, f"{package}[{wanted.extras}]" if extras else package)
    # Without force pip keeps what is there of a wheel that was built anew under the same version.
    if lock or wanted.wheel:
        install.run(*pip, "--no-deps", "--no-build-isolation", "--force-reinstall", package)


def back_up(install: Install) -> str:
    """Back up an installation that stands; returns where the copy lies."""
    name = f"before-upgrade-{datetime.datetime.now(datetime.UTC):%Y%m%d-%H%M%S}.tar"
    folder = Path("/var/lib/miniatures/backups") if install.is_compose else install.folder / "backups"
    if not install.is_compose and not install.wanted.dry_run:
        folder.mkdir(exist_ok=True, mode=0o700)
    install.manage("backup", folder / name, "--without-runs")
    return str(folder / name)


def settle_admin(install: Install) -> None:
    """Ask whose the first account is, before the minutes in which nobody sits there."""
    wanted = install.wanted
    wanted.email = ask("Mail address of the first admin", wanted.email, "", wanted.yes)
    if "@" not in wanted.email:
        raise InstallError("Give the first admin's mail address with --email.")


def make_admin(install: Install) -> str:
    """Make the first admin; returns a password that is shown once, or nothing where there is an admin already."""
    if install.manage("shell", "--verbosity", "0", "--command", HAS_ADMIN).strip().endswith("True"):
        print("There is an admin already. A new password: `miniatures manage changepassword NAME` (docs/install.md).")
        return ""
    settle_admin(install)
    email, password = install.wanted.email, secrets.token_urlsafe(15)
    install.manage(*ADMIN, "--username", email, "--email", email, DJANGO_SUPERUSER_PASSWORD=password)
    return password


def carry_out(install: Install) -> None:
    """Install or upgrade, each step only after the one before."""
    is_upgrade, copy, password = install.is_upgrade, "", ""
    if install.wanted.restore and (install.is_compose or is_upgrade):
        raise InstallError("--restore begins a new plain installation; for one that stands see docs/backup.md.")
    moved_from = install.before["port"] if is_upgrade and not install.is_compose else install.wanted.port
    is_moved = install.wanted.port != moved_from
    if not is_upgrade and not install.wanted.restore:
        settle_admin(install)
    try:
        check_host(install.wanted.mode, install.folder, ports(install.wanted) if is_moved or not is_upgrade else [])
    except InstallError as lack:
        if not install.wanted.dry_run:
            raise
        print(lack)
    settle_env(install.wanted, install.folder, moved_from=moved_from)
    install.wanted.host = (
        read_env(install.env_file).get("ALLOWED_HOSTS", install.wanted.host or "localhost").split(",")[0]
    )
    if is_upgrade:
        copy = back_up(install)
        # A try that fails further on has moved all the same.
        keep_wishes(install)
    build(install)
    if install.wanted.restore:
        install.manage("restore", install.wanted.restore.absolute())
    install.manage("migrate", "--no-input")
    if not is_upgrade:
        password = make_admin(install)
    try:
        start(install)
        port = 8000 if install.is_compose else install.wanted.port
        print(f"+ wait for http://127.0.0.1:{port}/healthz", flush=True)
        if not install.wanted.dry_run:
            wait_until_well(port, install.wanted.host)
            keep_wishes(install)
    except (InstallError, OSError):
        # It is told nowhere else.
        say_login(install, password)
        raise
    say_what_is_there(install, copy, password)


def keep_wishes(install: Install) -> None:
    """Note what the next upgrade takes up."""
    if not install.wanted.dry_run:
        install.marker.write_text(json.dumps({name: getattr(install.wanted, name, None) for name in KEPT}) + "\n")


def say_what_is_there(install: Install, copy: str, password: str) -> None:
    """Print the address, the login of a new admin, and the way back after an upgrade."""
    if install.wanted.dry_run:
        print("Nothing was done.")
        return
    print(f"\nMiniatures is at {read_env(install.env_file).get('SITE_URL', 'the address of your proxy')}")
    say_login(install, password)
    if copy:
        print(
            f"Backed up to {copy}. Back again: start the earlier version on the same database (docs/upgrade.md); nothing is migrated back."
        )
    print(f"Keep a copy of {install.env_file} apart from backups: it holds the keys.")


def say_login(install: Install, password: str) -> None:
    """Print the login of an admin that was made."""
    if password:
        print(f"Sign in as {install.wanted.email} with {password} (shown once; change it).")


def main(words: list[str] | None = None) -> int:
    """Return 0 once the site is well, 1 with a reason where it is not."""
    try:
        carry_out(Install(parse(words)))
    except (InstallError, OSError, EOFError, KeyboardInterrupt) as reason:
        print(f"\n{reason or 'Stopped.'}", file=sys.stderr)
        return 1
    return 0
