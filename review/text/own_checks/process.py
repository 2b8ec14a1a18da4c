"""Asking the checks of installed packages: one process for all of them, started when first needed and again once dead.

A check that hangs, crashes or answers nonsense gives `UnansweredError` in bounded time. One that does so again and
again is left alone for a while, so that neither the desk nor an engine waits for it at every draft.
"""

from __future__ import annotations

import atexit
import contextlib
import hashlib
import json
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass
from operator import index
from pathlib import Path
from typing import Any

from review.spec.paths import value_at
from review.text.own_checks.installed import installed

START_S, ANSWER_S = 10.0, 2.0
# So many failures in a row, and a check is not asked for so long.
PATIENCE, REST_S = 3, 60.0
KEPT_ANSWERS = 4096
LONGEST_ANSWER = 1_000_000
# A check is told nothing of the site: no secrets, no database.
ENVIRONMENT = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "VIRTUAL_ENV", "SSL_CERT_FILE")
logger = logging.getLogger(__name__)


class UnansweredError(Exception):
    """A check gave none; the message says why, in words that follow the check's name."""


@dataclass(frozen=True, slots=True)
class About:
    """A check's description of itself.

    Attributes:
        description: What it marks, in a sentence.
        languages: ISO 639-1 codes it knows; None where it knows no language of its own and reads all.
    """

    label: str
    description: str
    languages: frozenset[str] | None


class CheckProcess:
    """The process that runs own checks. Safe to use from many threads: they take turns.

    Args:
        answer_s: Most time for one draft, seconds.
        start_s: Most time for loading a check's package, seconds.
    """

    def __init__(self, answer_s: float = ANSWER_S, start_s: float = START_S) -> None:
        self._answer_s, self._start_s = answer_s, start_s
        self._abouts: dict[str, About] = {}
        self._kept: OrderedDict[bytes, list[dict[str, Any]]] = OrderedDict()
        self._failures: dict[str, tuple[int, float, str]] = {}
        self.forget()

    def forget(self) -> None:
        """Leave the process to whom it belongs; called in a fork, which must not share its pipes."""
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._loaded: set[str] = set()

    def about(self, kind: str) -> About:
        """Return what a check says of itself.

        Raises:
            UnansweredError: It is not installed, or its package cannot be loaded.
        """
        if kind not in self._abouts:
            answer = self._ask(kind, None)
            languages = answer.get("languages")
            self._abouts[kind] = About(
                str(answer.get("label") or kind)[:60],
                str(answer.get("description", ""))[:300],
                None if languages is None else frozenset(languages),
            )
        return self._abouts[kind]

    def marks(self, kind: str, draft: dict[str, Any]) -> list[dict[str, Any]]:
        """Return what a check marks in a draft, as plain data; an answer given once is kept.

        Args:
            kind: The check, `package:name`.
            draft: `fields`, `facts`, `texts` and `language`, JSON-ready.

        Raises:
            UnansweredError: No answer came, or one that makes no sense.
        """
        key = hashlib.sha256(json.dumps([kind, draft], sort_keys=True).encode()).digest()
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        raw_marks = self._ask(kind, draft).get("marks")
        with self._lock:
            self._kept[key] = _marks_in(raw_marks, draft)
            while len(self._kept) > KEPT_ANSWERS:
                self._kept.popitem(last=False)
            return self._kept[key]

    def close(self) -> None:
        with self._lock:
            self._end()

    def _ask(self, kind: str, draft: dict[str, Any] | None) -> dict[str, Any]:
        if kind not in installed():
            raise UnansweredError("is not installed here")
        with self._lock:
            times, rests_until, why = self._failures.get(kind, (0, 0.0, ""))
            if times >= PATIENCE and time.monotonic() < rests_until:
                raise UnansweredError(why)
            answer = self._asked(kind, draft)
            if "error" not in answer:
                self._failures.pop(kind, None)
                return answer
            # Loading takes long: one that cannot be loaded is not tried again at once.
            times += PATIENCE if answer.get("is_unloaded") else 1
            self._failures[kind] = (times, time.monotonic() + REST_S, answer["error"])
        logger.warning("The check %s %s.", kind, answer["error"])
        raise UnansweredError(answer["error"])

    def _asked(self, kind: str, draft: dict[str, Any] | None) -> dict[str, Any]:
        if draft is None or kind not in self._loaded:
            answer = self._exchanged(kind, None, self._start_s)
            if "error" in answer:
                return {**answer, "is_unloaded": True}
            self._loaded.add(kind)
            if draft is None:
                return answer
        return self._exchanged(kind, draft, self._answer_s)

    def _exchanged(self, kind: str, draft: dict[str, Any] | None, limit_s: float) -> dict[str, Any]:
        # A process that died since the last answer did so by nobody's question.
        if self._process is not None and self._process.poll() is not None:
            self._end()
        process = self._process = self._process or _started()
        line = json.dumps({"kind": kind, "draft": draft, "limit_s": limit_s}).encode() + b"\n"
        was_late = threading.Event()

        def give_up() -> None:
            was_late.set()
            _kill(process)

        killer = threading.Timer(limit_s, give_up)
        killer.start()
        try:
            reply = _exchange(process, line)
        finally:
            killer.cancel()
            # After this nobody kills the process for a question that is answered.
            killer.join()
        if reply is None or was_late.is_set():
            self._end()
        if reply is None:
            late = f"did not answer within {limit_s:g} s"
            return {"error": late if was_late.is_set() else "ended its process or took too much memory"}
        return {"error": f"failed: {reply['error']}"} if "error" in reply else reply

    def _end(self) -> None:
        if process := self._process:
            _kill(process)
            process.wait()
            for pipe in filter(None, (process.stdin, process.stdout)):
                with contextlib.suppress(OSError):
                    pipe.close()
        self._process, self._loaded = None, set()


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End the process and what it started, which would keep the pipe open."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def _exchange(process: subprocess.Popen[bytes], line: bytes) -> dict[str, Any] | None:
    """The reply to one question; None where the process went or wrote anything else."""
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        process.stdin.write(line)
        process.stdin.flush()
        reply = json.loads(process.stdout.readline(LONGEST_ANSWER))
    except (OSError, ValueError):
        return None
    return reply if isinstance(reply, dict) else None


def _started() -> subprocess.Popen[bytes]:
    environment = {name: os.environ[name] for name in ENVIRONMENT if name in os.environ}
    # It finds the packages that are found here.
    environment["PYTHONPATH"] = os.pathsep.join(path or str(Path.cwd()) for path in sys.path)
    command = [sys.executable, "-P", "-m", "review.text.own_checks.worker"]
    pipe, nothing = subprocess.PIPE, subprocess.DEVNULL
    return subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=nothing, env=environment, start_new_session=True)


def _marks_in(raw_marks: object, draft: dict[str, Any]) -> list[dict[str, Any]]:
    texts = {place["path"]: place["text"] for place in draft["texts"]}
    try:
        return [_mark(mark, texts, draft["fields"]) for mark in raw_marks]  # type: ignore[attr-defined]
    except (TypeError, KeyError, ValueError):
        raise UnansweredError("gave a mark that fits no text of the draft") from None


def _mark(mark: dict[str, Any], texts: dict[str, str], fields: dict[str, Any]) -> dict[str, Any]:
    field, start, end = str(mark["field"]), index(mark.get("start", 0)), index(mark.get("end", 0))
    severity, message = mark.get("severity", "warning"), str(mark["message"]).strip().rstrip(".")[:300]
    is_known = field in texts or field in fields or value_at(fields, field) is not None
    if not is_known or not message or severity not in ("error", "warning"):
        raise ValueError(field)
    if not 0 <= start <= end <= len(texts.get(field, "")):
        raise ValueError(field)
    return {
        "field": field,
        "start": start,
        "end": end,
        "message": message,
        "severity": severity,
        "mend": str(mark.get("mend") or "")[:300],
    }


OWN_CHECKS = CheckProcess()
os.register_at_fork(after_in_child=OWN_CHECKS.forget)
atexit.register(OWN_CHECKS.close)
