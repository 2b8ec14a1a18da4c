"""Every kind of reply many times in one order, live and in batches: each call ends as it must, and only as that.

`STRESS=1` gives each kind 100 times.
"""

from __future__ import annotations

import os
import random
from pathlib import Path
from typing import Any

import pytest

from tests.generation.engine.batches.conftest import QUICK, WIRES
from tests.generation.engine.conftest import KEY, Attempts, teacher
from tests.generation.provider_server import Running

pytestmark = [pytest.mark.engine, pytest.mark.slow, pytest.mark.stress]
WITHIN_S = 1200
EACH = 100 if os.environ.get("STRESS") == "1" else 2
DRAFT = frozenset({"ok", "fenced", "unmetered"})
DOUBT = frozenset({"slow:2", "drip:0.05", "cut", "drop", "status:502", "status:504"})
# Turned down: the same call is asked again, and gets the next reply.
AGAIN = ("status:429", "status:429;0.02", "status:429;date+0", "status:500", "status:503", "status:529", "status:409")
FAILURES = {
    "raw:not json at all": "malformed",
    'raw:{"choices": [': "malformed",
    r'raw:{"choices": "\xff\xfe"}': "mis_encoded",
    "raw:[]": "malformed",
    "raw:{}": "empty",
    "empty": "empty",
    "blank": "empty",
    "nothing": "empty",
    "shapeless": "malformed",
    "mojibake": "mis_encoded",
    "replacement": "mis_encoded",
    "surrogate": "mis_encoded",
    "length": "truncated",
    "refused": "refused",
    "filtered": "content_filter",
    "status:400": "request_rejected",
    "status:413": "too_long",
}
LIMITS = {"timeout_s": 0.5, "connect_timeout_s": 0.5, "max_tries": 60, "concurrency": 16, "repairs": 0}
# What a line of a batch may bring: an end, or a call that is asked live.
LINES = {what: code for what, code in FAILURES.items() if what.partition(":")[0] not in ("raw", "status")}
LEFT = ("expired", "canceled", "error:429", "error:500", "error:529")


def ends(attempts: Attempts) -> dict[str, str]:
    """How each call ended, by id, each told once."""
    told = [(kind, payload) for kind in ("draft", "uncertain", "failure") for payload in attempts.events(kind)]
    found = {payload["call_id"]: payload["code"] if kind == "failure" else kind for kind, payload in told}
    assert len(found) == len(told)
    return found


def finished(attempts: Attempts, asked: dict[str, Any], *, count: int) -> dict[str, Any]:
    """Run the order to its end.

    Ten replies in a row may be no answers by chance: then it is resumed, as by a person.
    """
    for _ in range(5):
        result = attempts.run(asked, count=count, limits=LIMITS, within_s=WITHIN_S)
        if result["outcome"] == "succeeded":
            break
        assert "in a row brought no answer" in result["error"]["message"]
    return result


def expected(what: str, wire: str) -> str:
    if what in DRAFT:
        return "draft"
    if what in DOUBT:
        return "uncertain"
    if wire == "anthropic" and what == "filtered":
        return "refused"
    return FAILURES[what]


def assert_no_key(root: Path) -> None:
    for path in root.rglob("*"):
        assert not path.is_file() or KEY.encode() not in path.read_bytes(), path


@pytest.mark.parametrize("wire", WIRES)
def test_of_every_kind_of_live_reply_each_call_ends_as_it_must(
    attempts: Attempts, provider: Running, wire: str
) -> None:
    final = [*DRAFT, *DOUBT, *FAILURES] * EACH
    script = [*final, *(AGAIN * EACH)]
    random.Random(3).shuffle(script)
    provider.provider.script, provider.provider.keep_bodies = list(script), False

    result = finished(attempts, teacher(provider.url, wire), count=len(final))

    told = ends(attempts)
    given = {call: got[-1] for call, got in provider.provider.given.items()}
    assert result["outcome"] == "succeeded", result["error"]
    assert told == {call: expected(what, wire) for call, what in given.items()}
    summary = result["summary"]
    assert summary["drafts"] + sum(summary["failures"].values()) + summary["uncertain"] == len(final) == len(told)
    assert max(provider.provider.billed.values()) == 1
    assert_no_key(attempts.root)


@pytest.mark.parametrize("wire", WIRES)
def test_of_every_kind_of_line_of_a_batch_each_call_ends_as_it_must(
    attempts: Attempts, provider: Running, wire: str
) -> None:
    lines = [*DRAFT, *LINES, *LEFT, "error:400", "missing", "neither"] * EACH
    random.Random(4).shuffle(lines)
    desk = provider.provider.desk
    desk.lines, desk.written = list(lines), ["doubled", "foreign", "garbage", "reversed"]

    limits: dict[str, Any] = QUICK | {"batch_requests": 40, "concurrency": 16, "repairs": 0}
    asked = teacher(provider.url, wire, batch_factor=0.5)
    result = attempts.run(asked, count=len(lines), way="batch", limits=limits, within_s=WITHIN_S)

    fates = {call: what for batch in desk.batches.values() for call, what in (batch.ended or {}).items()}
    wanted = {call: _line_end(what, wire) for call, what in fates.items()}
    assert result["outcome"] == "succeeded", result["error"]
    assert ends(attempts) == wanted
    assert len(wanted) == len(lines)
    assert max(provider.provider.billed.values()) == 1
    assert_no_key(attempts.root)


def _line_end(what: str, wire: str) -> str:
    if what in LEFT:
        return "draft"  # asked live, where all goes well
    if what in ("missing", "neither"):
        return "uncertain"
    return "request_rejected" if what == "error:400" else expected(what, wire)
