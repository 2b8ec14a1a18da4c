"""Install Miniatures on this host, or upgrade what an earlier run installed.

`compose` runs everything in containers from this checkout. `plain` makes a virtual environment and a Procfile in a
folder, as the account that the folder belongs to, for a PostgreSQL and a Redis of your own; run by root it adds units
of systemd. Needs Python 3.11 and its standard library only.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import secrets
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import IO

import install_package
from install_account import account_of, reasons_against, work_as
from install_checks import InstallError, check_host, is_taken, ports, printable, wait_until_well
from install_processes import holds_ports, start, start_units, write_lines
from install_settings import ask, settle_env
from install_stores import reach_stores
from one_install import USUAL, Install

from miniatures.env_file import EnvFileError, read_env

ROOT = Path(__file__).resolve().parent.parent
CODE_OF_ROOT = (
    ROOT / "deploy",
    *(ROOT / "deploy").glob("*.py"),
    ROOT / "miniatures" / "env_file.py",
    Path(sys.executable),
    Path(sys.prefix),
)
# Wishes of the install that its upgrades keep; of these an upgrade may be given another.
KEPT = ("host", "port", "extras", "no_proxy")
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
    parser.add_argument("--wheel", type=Path, help="plain: a built wheel instead of this checkout")
    parser.add_argument("--extras", help=f"plain: what is installed besides the site (at first {USUAL['extras']})")
    parser.add_argument("--restore", type=Path, help="plain: a backup that this new installation begins with")
    parser.add_argument("--no-proxy", action="store_true", help="compose: TLS ends in a proxy of your own")
    parser.add_argument(
        "--yes", action="store_true", help="ask nothing; DATABASE_URL and REDIS_URL come from the environment"
    )
    parser.add_argument("--dry-run", action="store_true", help="print what would be done, and do nothing")
    return parser.parse_args(words)


def build(install: Install) -> None:
    """Build images, or the environment with the files that start it."""
    if install.is_compose:
        install.run("docker", "compose", "build")
        return
    # Pip comes last into an environment: one whose making was cut off is made again.
    if not install.python.with_name("pip").exists():
        install.run(sys.executable, "-m", "venv", install.folder / "venv")
    install_package.install_packed(install)
    reach_stores(install)
    install.manage("collectstatic", "--no-input", PACK_STATIC="1")
    if not install.flags.dry_run:
        (install.folder / "data").mkdir(exist_ok=True, mode=0o700)
        write_lines(install)


def back_up(install: Install) -> str:
    """Back up an installation that stands; returns where the copy lies."""
    name = f"before-upgrade-{datetime.datetime.now(datetime.UTC):%Y%m%d-%H%M%S}.tar"
    folder = Path("/var/lib/miniatures/backups") if install.is_compose else install.folder / "backups"
    if not install.is_compose and not install.flags.dry_run:
        folder.mkdir(exist_ok=True, mode=0o700)
    install.manage("backup", folder / name, "--without-runs")
    return str(folder / name)


def settle_admin(install: Install) -> None:
    """Ask whose the first account is, before the minutes in which nobody sits there."""
    flags = install.flags
    flags.email = ask("Mail address of the first admin", flags.email, "", flags.yes)
    if "@" not in flags.email:
        raise InstallError("Give the first admin's mail address with --email.")


def make_admin(install: Install) -> str:
    """Make the first admin; returns a password that is shown once, or nothing where there is an admin already."""
    if install.manage("shell", "--verbosity", "0", "--command", HAS_ADMIN).strip().endswith("True"):
        print("There is an admin already. A new password: `miniatures manage changepassword NAME` (docs/install.md).")
        return ""
    settle_admin(install)
    email, password = install.flags.email, secrets.token_urlsafe(15)
    install.manage(*ADMIN, "--username", email, "--email", email, DJANGO_SUPERUSER_PASSWORD=password)
    return password


def carry_out(install: Install) -> None:
    """Install or upgrade, each step only after the one before."""
    is_upgrade, copy, password = install.is_upgrade, "", ""
    if install.flags.restore and (install.is_compose or is_upgrade):
        raise InstallError("--restore starts a new plain installation; for an existing one, see docs/backup.md.")
    moved_from = install.before["port"] if is_upgrade and not install.is_compose else install.flags.port
    is_moved = install.flags.port != moved_from
    if install.flags.restore and not (install.flags.dry_run or os.access(install.flags.restore, os.R_OK)):
        raise InstallError(f"{install.flags.restore} is not there, or the account of {install.folder} may not read it.")
    if not is_upgrade and not install.flags.restore:
        settle_admin(install)
    try:
        wanted_ports = ports(install.flags) if is_moved or not is_upgrade else []
        if any(map(is_taken, wanted_ports)) and holds_ports(install):
            wanted_ports = []
        check_host(install.flags, install.folder, wanted_ports, install.reasons)
    except InstallError as lack:
        if not install.flags.dry_run:
            raise
        print(lack)
    settle_env(install.flags, install.folder, moved_from=moved_from)
    install.flags.host = (
        read_env(install.env_file).get("ALLOWED_HOSTS", install.flags.host or "localhost").split(",")[0]
    )
    if is_upgrade:
        copy = back_up(install)
        # A try that fails further on has moved all the same.
        keep_wishes(install)
    build(install)
    if install.flags.restore:
        install.manage("restore", install.flags.restore.absolute())
    install.manage("migrate", "--no-input")
    if not is_upgrade:
        password = make_admin(install)
    try:
        start(install)
        port = 8000 if install.is_compose else install.flags.port
        print(f"+ wait for http://127.0.0.1:{port}/healthz", flush=True)
        if not install.flags.dry_run:
            wait_until_well(port, install.flags.host)
            keep_wishes(install)
    except (InstallError, OSError, KeyboardInterrupt):
        # It is told nowhere else.
        say_login(install, password)
        raise
    say_what_is_there(install, copy, password)


def keep_wishes(install: Install) -> None:
    """Note what the next upgrade takes up."""
    if not install.flags.dry_run:
        install.marker.write_text(json.dumps({name: getattr(install.flags, name, None) for name in KEPT}) + "\n")


def say_what_is_there(install: Install, copy: str, password: str) -> None:
    """Print the address, the login of a new admin, and the way back after an upgrade."""
    if install.flags.dry_run:
        print("Nothing was done.")
        return
    address = read_env(install.env_file).get("SITE_URL", "the address of your proxy")
    print(f"\nMiniatures is at {printable(address)}")
    say_login(install, password)
    if copy:
        print(f"Backed up to {copy}. Back again: docs/backup.md, Upgrading. Nothing is migrated back.")
    print(f"Keep a copy of {install.env_file} apart from backups: it holds the keys.")


def say_login(install: Install, password: str) -> None:
    """Print the login of an admin that was made."""
    if password:
        print(f"Sign in as {install.flags.email} with {password} (shown once; change it).")


def main(words: list[str] | None = None) -> int:
    """Return 0 once the site is well, 1 with a reason where it is not."""
    flags = parse(words)
    try:
        return finish(flags) if flags.mode == "compose" else install_plain(flags)
    except (InstallError, OSError, KeyboardInterrupt) as reason:
        return fail(reason)


def install_plain(flags: argparse.Namespace) -> int:
    """Install in a folder: by ourselves, or where root began it as the account that the folder belongs to."""
    folder = flags.folder.absolute()
    account = account_of(folder)
    reasons = reasons_against(account, folder, CODE_OF_ROOT)
    package = None if flags.dry_run or reasons else install_package.pack(flags.wheel)
    if account is None:
        return finish(flags, package, reasons)
    units = partial(start_units, account, folder, flags.dry_run)
    return work_as(account, folder, partial(finish, flags, package, reasons), units)


def finish(
    flags: argparse.Namespace,
    package: IO[bytes] | None = None,
    reasons: Sequence[str] = (),
    ask_root: Callable[[], None] | None = None,
) -> int:
    """Install with the rights of this process; returns 0, or 1 after saying why not."""
    try:
        carry_out(Install(flags, package=package, reasons=reasons, ask_root=ask_root))
    except (InstallError, EnvFileError, OSError, EOFError, KeyboardInterrupt) as reason:
        return fail(reason)
    return 0


def fail(reason: BaseException) -> int:
    """Say why it is not installed; returns the exit status."""
    print(f"\n{printable(str(reason)) or 'Stopped.'}", file=sys.stderr)
    return 1
