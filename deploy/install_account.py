"""Account of an install: the owner of its folder, even where root starts the work; systemd units stay root's.

What lies in the folder is the account's to change: programs, modules, and links in place of files. So root reads,
writes and runs nothing there; a process that has given up root's rights for good does.
"""

from __future__ import annotations

import json
import os
import pwd
import re
import shlex
import signal
import socket
import stat
import subprocess
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple, NoReturn

from install_checks import InstallError

# Variables of root's that the work has: where things are, how the network and pip are reached, and what an install is
# given.
KEPT = re.compile(
    r"PATH|LANG|LANGUAGE|LC_\w+|TZ|TMPDIR|TERM|PIP_\w+|SSL_CERT_\w+|REQUESTS_CA_BUNDLE|\w+_proxy|\w+_PROXY|INSTALL_\w+"
    r"|DATABASE_URL|REDIS_URL|TRUSTED_PROXIES"
)


class Account(NamedTuple):
    """Account that runs the site."""

    name: str
    uid: int
    gid: int


def account_of(folder: Path) -> Account | None:
    """Return the account that the folder belongs to where we are root.

    None where we are not, or it is root's or missing.
    """
    try:
        owner = folder.stat()
    except OSError:
        return None
    if os.geteuid() or not owner.st_uid or not stat.S_ISDIR(owner.st_mode):
        return None
    try:
        entry = pwd.getpwuid(owner.st_uid)
    except KeyError:
        return Account(str(owner.st_uid), owner.st_uid, owner.st_gid or owner.st_uid)
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)


def reasons_against(account: Account | None, folder: Path, code: Iterable[Path]) -> list[str]:
    """Return why root may not install here.

    The site would be root's, or somebody could change what root runs, or as whom.

    Args:
        account: The folder's.
        folder: Of the installation.
        code: Files and folders that root runs.
    """
    if account is None:
        return [] if os.geteuid() else [_ownerless(folder)]
    reasons = [] if may_run(account, sys.executable) else [unfit_python(folder)]
    if strange := next(_strange(folder, {0, account.uid}), None):
        reasons.append(
            f"{strange} is neither root's nor {account.name}'s: who may change it would choose as whom root installs."
        )
    if foreign := next(filter(None, (may_change(account, path) for path in code)), None):
        reasons.append(
            f"Root would run what {account.name}, to whom {folder} belongs, may change: {foreign}. Install from a "
            "checkout, and with a Python, that root alone may write."
        )
    return reasons


def way_to(path: Path) -> Iterator[tuple[Path, os.stat_result]]:
    """Yield a path and the folders above it, as it is written and as links lead, with what each itself is."""
    for each in dict.fromkeys(step for end in (path.absolute(), path.resolve()) for step in (end, *end.parents)):
        yield each, each.lstat()


def _is_open(entry: os.stat_result) -> bool:
    # A link has no mode of its own, and in a sticky folder such as /tmp nobody replaces what is another's.
    return bool(entry.st_mode & stat.S_IWOTH) and not (stat.S_ISLNK(entry.st_mode) or entry.st_mode & stat.S_ISVTX)


def _strange(folder: Path, uids: set[int]) -> Iterator[Path]:
    return (path for path, entry in way_to(folder) if entry.st_uid not in uids or _is_open(entry))


def may_change(account: Account, path: Path) -> Path | None:
    """Return the file, or the folder above it, that an account may write; None where it can change none."""
    for each, entry in way_to(path):
        is_of_group = entry.st_gid == account.gid and entry.st_mode & stat.S_IWGRP and not stat.S_ISLNK(entry.st_mode)
        if entry.st_uid == account.uid or is_of_group or _is_open(entry):
            return each
    return None


def _ownerless(folder: Path) -> str:
    place = shlex.quote(str(folder))
    return (
        f"Root would run the site. Give {folder} to an account of its own first:\n"
        f"    useradd --system --home-dir {place} --shell /usr/sbin/nologin miniatures\n"
        f"    install --directory --owner miniatures --group miniatures --mode 0750 {place}"
    )


def may_run(account: Account, python: str) -> bool:
    """Return whether an account can start this Python, which may lie where root alone reaches."""
    line = [python, "-I", "-c", ""]
    try:
        done = subprocess.run(
            line, cwd="/", capture_output=True, check=False, user=account.uid, group=account.gid, extra_groups=[]
        )
    except OSError:
        return False
    return done.returncode == 0


def unfit_python(folder: Path) -> str:
    """Say which Python the folder's account cannot start, and the way out."""
    return f"The account that {folder} belongs to cannot run {sys.executable}. Try: /usr/bin/python3 deploy/install"


def work_as(
    account: Account, home: Path, work: Callable[[Callable[[], None]], int], of_root: Callable[[], None]
) -> int:
    """Have a process without root's rights do the work, and root one thing when it is asked for.

    Args:
        account: Whose rights the process has.
        home: Its home folder.
        work: Called there with a function that asks root; its result is the exit status.
        of_root: What root then does. It is told nothing by the account, and its reason is raised where it was asked.

    Returns:
        The exit status of the work.
    """
    ours, theirs = socket.socketpair()
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    pid = os.fork()
    if pid == 0:
        ours.close()
        _work(account, home, partial(work, partial(_ask_root, theirs)))
    theirs.close()
    # Ctrl-C is meant for the work, which says so.
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    with ours:
        while ours.recv(1):
            ours.sendall(json.dumps(_reason_against(of_root)).encode() + b"\n")
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    signal.signal(signal.SIGINT, before)
    return status if status >= 0 else 1


def _work(account: Account, home: Path, work: Callable[[], int]) -> NoReturn:
    status = 1
    try:
        os.setgroups([])
        os.setgid(account.gid)
        os.setuid(account.uid)
        # Root's own keys and sockets are not the account's.
        kept = {name: value for name, value in os.environ.items() if KEPT.fullmatch(name)}
        os.environ.clear()
        os.environ.update(kept, HOME=str(home), USER=account.name, LOGNAME=account.name)
        status = work()
    except BaseException:
        traceback.print_exc()
    finally:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        os._exit(status)


def _ask_root(line: socket.socket) -> None:
    line.sendall(b"1")
    with line.makefile("r") as answers:
        answer = answers.readline()
    if not answer:
        raise InstallError("The part of the install that has root's rights has ended.")
    if reason := json.loads(answer):
        raise InstallError(reason)


def _reason_against(work: Callable[[], None]) -> str:
    try:
        work()
    except (InstallError, OSError) as error:
        return str(error)
    return ""
