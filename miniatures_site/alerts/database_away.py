"""Keep the one alert that no row can hold, that the database is away, in a file beside the data.

One process at a time holds the file. It is written after each message, so that a process that dies between the two
tells twice. While a full disk takes no file, which may be what took the database away, the process itself remembers.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from io import TextIOWrapper
from pathlib import Path
from typing import Literal

from django.conf import settings
from django.utils import timezone

from miniatures_site.alerts import channels
from miniatures_site.alerts.channels import Change
from miniatures_site.operations.troubles import AlertName, Trouble

HINT = "Look at PostgreSQL itself, and at the network to it. Verdicts wait in browsers."


def trouble(reason: str) -> Trouble:
    """Return the trouble, with why the database cannot be read."""
    if reason == "not migrated":
        return Trouble("failed", "The database is not migrated.", "Run manage.py migrate.", AlertName.NOT_MIGRATED)
    return Trouble("failed", f"The database does not answer ({reason}).", HINT, AlertName.DATABASE_AWAY)


@dataclass
class _State:
    """Content of the file: the alert, its times in seconds since 1970, and the channels notified of its begin."""

    name: str
    message: str
    hint: str
    first_seen_s: float
    last_seen_s: float
    told: list[str]

    def change(self, state: Literal["began", "ended"]) -> Change:
        since = datetime.fromtimestamp(self.first_seen_s, UTC)
        return Change(state, self.name, "", self.message, self.hint, since)


# Of this process, while the disk takes no file.
_unwritten: list[_State] = []


def seen(trouble: Trouble) -> None:
    """Write down that the database is away, and tell of it once that has lasted."""
    with _locked() as file:
        if file is None:
            return
        now_s = timezone.now().timestamp()
        state = _read(file) or _State(str(trouble.alert), trouble.message, trouble.hint, now_s, now_s, [])
        state.last_seen_s = now_s
        _write(file, state)
        if now_s - state.first_seen_s < settings.ALERT_AFTER_S:
            return
        for channel in channels.configured():
            if channel not in state.told and channels.tell(channel, [state.change("began")]):
                state.told.append(channel)
                _write(file, state)


def gone() -> None:
    """Tell that the database is back, once it has been for a while."""
    if not _path().exists():
        return
    with _locked() as file:
        state = _read(file) if file else None
        if file is None or state is None:
            return
        if state.told and timezone.now().timestamp() - state.last_seen_s < settings.ALERT_AFTER_S:
            return
        for channel in list(state.told):
            if channel not in channels.configured() or channels.tell(channel, [state.change("ended")]):
                state.told.remove(channel)
                _write(file, state)
        if not state.told:
            _write(file, None)


def _path() -> Path:
    return Path(settings.VAR_DIR) / "database-away.json"


@contextmanager
def _locked() -> Iterator[TextIOWrapper | None]:
    """Open the file for this process alone; None where another process is at it."""
    _path().parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(_path(), os.O_RDWR | os.O_CREAT, 0o600), "r+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield None
            return
        yield file


def _read(file: TextIOWrapper) -> _State | None:
    """Return what the file holds, or this process alone; None where it is empty or was cut off."""
    if _unwritten:
        return _unwritten[0]
    file.seek(0)
    try:
        return _State(**json.load(file))
    except (ValueError, TypeError):
        return None


def _write(file: TextIOWrapper, state: _State | None) -> None:
    _unwritten.clear()
    number = file.fileno()
    try:
        os.ftruncate(number, 0)
        os.pwrite(number, json.dumps(vars(state)).encode() if state else b"", 0)
        os.fsync(number)
    except OSError:
        _unwritten.extend([state] if state else [])
