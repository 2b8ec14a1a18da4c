"""The installation's own file of settings: addresses, stores and secrets, made once and kept."""

from __future__ import annotations

import argparse
import os
import secrets
import shlex
from pathlib import Path

from install_checks import LOCAL

from miniatures.env_file import read_env

STORES = ("DATABASE_URL", "REDIS_URL")
ADDRESSES = ("SITE_URL", "CSRF_TRUSTED_ORIGINS")


def ask(question: str, answer: str | None, default: str, is_silent: bool) -> str:
    """Return the answer of the command line, else the one typed in, else the default."""
    if answer or is_silent:
        return answer or default
    return input(f"{question} [{default}]: ").strip() or default


def settle_env(flags: argparse.Namespace, folder: Path, *, moved_from: int | None = None) -> None:
    """Write secrets and addresses into a file that its owner alone may read; one that is there is kept.

    Args:
        flags: Flags.
        folder: Of the installation.
        moved_from: The port it had; addresses on this machine that name it get the new one.
    """
    path = folder / ".env"
    if path.exists():
        print(f"Keeping {path}.")
        before = read_env(path)
        if not (folder / ".installed").exists():
            # An install that has never run may have been given wrong stores, and the file of another folder.
            given = {name: os.environ[name] for name in STORES if os.environ.get(name)}
            mend(path, {**given, **own_folders(before, folder)}, flags.dry_run)
        elif moved_from not in (None, flags.port):
            old, new = (f"http://{flags.host}:{port}" for port in (moved_from, flags.port))
            mend(path, {name: new for name in ADDRESSES if before.get(name) == old}, flags.dry_run)
        return
    flags.host = ask("Name the site answers to", flags.host, "localhost", flags.yes)
    lines = {"SECRET_KEY": secrets.token_urlsafe(50), "ALLOWED_HOSTS": flags.host, **addresses(flags)}
    lines["INBOUND_KEY"], lines["ADDRESS_HMAC_KEY"] = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
    if proxies := os.environ.get("TRUSTED_PROXIES"):
        lines["TRUSTED_PROXIES"] = proxies
    lines |= compose_stores(flags) if flags.mode == "compose" else plain_stores(flags, folder)
    print(f"+ write {path} (0600): {', '.join(lines)}")
    if flags.dry_run:
        return
    folder.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        # In quotes spaces stay, and for compose a dollar sign.
        file.writelines(f"{name}={shlex.quote(value)}\n" for name, value in lines.items())


def mend(path: Path, values: dict[str, str], is_dry: bool) -> None:
    """Give variables that the file has other values; the rest stays as it is."""
    before = path.read_text().splitlines(keepends=True)
    named = [(line.split("=", 1)[0], line) for line in before]
    lines = [f"{name}={shlex.quote(values[name])}\n" if name in values else line for name, line in named]
    changed = [name for (name, line), new in zip(named, lines, strict=True) if new != line]
    if changed:
        print(f"+ change {', '.join(changed)} in {path}")
    if changed and not is_dry:
        # Beside it, then in its place: a full disk must not take the keys.
        part = path.with_name(".env.part")
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.writelines(lines)
        part.replace(path)


def addresses(flags: argparse.Namespace) -> dict[str, str]:
    """Return where the site is found: by https, or on this machine alone without."""
    if flags.host not in LOCAL:
        site = f"https://{flags.host}"
        return {"SITE_URL": site, "CSRF_TRUSTED_ORIGINS": site}
    site = f"http://{flags.host}:{flags.port}"
    plain = {"SECURE_SSL_REDIRECT": "0", "COOKIES_SECURE": "0", "SECURE_HSTS_SECONDS": "0"}
    return {"SITE_URL": site, "CSRF_TRUSTED_ORIGINS": site, **plain}


def compose_stores(flags: argparse.Namespace) -> dict[str, str]:
    """Return the passwords of the bundled database and queue, and the address of a database of one's own."""
    own = ask("Database (bundled, or a postgres:// address)", os.environ.get("DATABASE_URL"), "bundled", flags.yes)
    passwords = {"POSTGRES_PASSWORD": secrets.token_hex(24), "REDIS_PASSWORD": secrets.token_hex(24)}
    return passwords if own == "bundled" else {**passwords, "DATABASE_URL": own}


def plain_stores(flags: argparse.Namespace, folder: Path) -> dict[str, str]:
    """Return addresses and folders of an install without containers."""
    local = {"DATABASE_URL": "postgres://miniatures@localhost/miniatures", "REDIS_URL": "redis://localhost:6379/0"}
    stores = {name: ask(name, os.environ.get(name), default, flags.yes) for name, default in local.items()}
    return {"DJANGO_SETTINGS_MODULE": "miniatures_site.settings.prod", **stores, **folders_in(folder)}


def folders_in(folder: Path) -> dict[str, str]:
    """Return where data and static files of a plain install lie."""
    return {"VAR_DIR": str(folder / "data"), "STATIC_ROOT": str(folder / "static")}


def own_folders(before: dict[str, str], folder: Path) -> dict[str, str]:
    """Return this folder's places where a file has those of an install in another one, which may be in use there."""
    places = {name: before.get(name, "") for name in folders_in(folder)}
    is_others = places == folders_in(Path(places["VAR_DIR"]).parent) != folders_in(folder)
    return folders_in(folder) if is_others else {}
