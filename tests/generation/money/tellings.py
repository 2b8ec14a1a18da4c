"""What an engine would tell of calls, for tests of money."""

from __future__ import annotations

import time
from typing import Any
from uuid import UUID

from django.db import transaction

from generation.calls import ingest
from generation.models import Order
from jobs.contracts import EngineEvent


def told(order: Order, kind: str, n: int = 1, **over: Any) -> EngineEvent:
    payload = {
        "call_id": str(UUID(int=order.pk.int % 2**64 * 2**32 + n)), "index": n, "record": order.record_ids[0],
        "repeat": 0, "prompt_hash": "0" * 64, "latency_s": 0.5, "usage": {"input_tokens": 100, "output_tokens": 40},
        "cost_usd": 0.001001, "cost_is_estimate": False, "model": "gpt-4o-x", "request_id": "r",
        "parameters": {"seed": n}, "labelled_defects": [],
        "fields": {"subject": f"Subject {n}", "body": f"Body {n}. Shall we talk?"}, **over,
    }  # fmt: skip
    return EngineEvent(seq=n, ts=time.time(), kind=kind, payload=payload)


def doubt(order: Order, n: int = 1, usd: float = 0.004) -> EngineEvent:
    return told(order, "uncertain", n, usage={}, cost_usd=0.0, possible_cost_usd=usd, code="timed_out", message="No.")


def take_in(order: Order, *events: EngineEvent) -> None:
    assert order.job is not None
    with transaction.atomic():
        ingest.consume(order.job, events)
