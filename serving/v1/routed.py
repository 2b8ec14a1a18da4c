"""Answer a question to a router: choose the model by the record, have it write, and keep what came of it.

A router that goes by marks or by confidence has its first miniature write before it chooses; what that wrote is the answer, or is thrown away. A
paid teacher writes by an order, so its price, budget and journal are those of any order. Runs on the event loop.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import JsonResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase

from generation.money.figures import millionths, time_usd
from generation.states import Provider
from review.spec import prompting
from review.text import checks
from serving.models import Routed
from serving.openai import responses
from serving.openai.errors import ApiError
from serving.openai.responses import CompletionShape
from serving.routing import pairs, route
from serving.routing.route import RecordedRoute
from serving.runtime.engine_client import EngineRefusal
from serving.v1 import db_threads, streams, teacher_answers
from serving.v1.rate_limits import UNLIMITED, RateClaim
from serving.v1.routers import RoutedRequest
from serving.v1.teacher_answers import TeacherAnswer
from serving.v1.usage import UsageEntry
from training.models import Miniature
from web.errors import Refusal

NOTHING = Decimal(0)


@dataclass(frozen=True)
class ChosenRoute:
    """A route that is taken: what it cost so far, and what its request's token has to be counted."""

    asked: RoutedRequest
    recorded: RecordedRoute
    spent_usd: Decimal
    taken: RateClaim

    @property
    def headers(self) -> dict[str, str]:
        version, chosen = self.asked.version, self.recorded.route
        return {"x-router": version.router.slug, "x-router-model": chosen.model}

    def told(self, done: dict[str, Any], cost_usd: Decimal) -> dict[str, Any]:
        version, chosen = self.asked.version, self.recorded.route
        about = {
            "name": version.router.slug,
            "version": version.number,
            "model": chosen.model,
            "why": chosen.why,
            "routed": str(self.recorded.id),
            "is_audit": self.recorded.is_audit,
            "cost_usd": float(cost_usd),
        }
        return {**done, "router": about}

    def shape(self, fingerprint: str) -> CompletionShape:
        name, with_usage = self.recorded.route.model, self.asked.question.include_usage
        return CompletionShape(name, include_usage=with_usage, fingerprint=fingerprint)


async def answer(asked: RoutedRequest, taken: RateClaim) -> HttpResponseBase:
    """Route a question and answer it, whole or as a stream; a stream comes in pieces where the model was known before it wrote.

    Raises:
        EngineRefusal: The engine said no.
        ApiError: The teacher's order is refused, or gave no text.
    """
    version = asked.version
    first = asked.miniatures[0]
    if not (version.writes_first and version.thresholds):
        number = pairs.number_of(asked.facts, version.fact)
        features = {} if number is None else {version.fact: number}
        recorded = await db_threads.run_first(route.record, version, features)
        return await _take(ChosenRoute(asked, recorded, NOTHING, taken))
    written = await streams.whole_answer(asked.ask(first), _usage(asked, first, taken))
    features = await db_threads.run_apart(read_features, asked, written)
    recorded = await db_threads.run_first(route.record, version, features)
    spent = _host_usd(written["done"])
    chosen = ChosenRoute(asked, recorded, spent, UNLIMITED)
    if recorded.route.place == 0:
        return _whole(chosen, written["text"], written["done"], spent, written["fingerprint"])
    return await _take(chosen)


async def _take(chosen: ChosenRoute) -> HttpResponseBase:
    miniatures, place = chosen.asked.miniatures, chosen.recorded.route.place
    if place == len(miniatures):
        told = await _by_teacher(chosen)
        return _whole(chosen, told.text, told.done, chosen.spent_usd + told.cost_usd, "")
    writer = miniatures[place]
    usage, ask = _usage(chosen.asked, writer, chosen.taken), chosen.asked.ask(writer)
    if chosen.asked.question.stream:
        return await _in_pieces(chosen, ask, usage)
    written = await streams.whole_answer(ask, usage)
    cost = chosen.spent_usd + _host_usd(written["done"])
    return _whole(chosen, written["text"], written["done"], cost, written["fingerprint"])


def _whole(chosen: ChosenRoute, text: str, done: dict[str, Any], cost: Decimal, fingerprint: str) -> HttpResponseBase:
    """Wrap a finished text; one piece where a stream was asked for."""
    _keep_later(chosen, cost)
    shape, ending = chosen.shape(fingerprint), chosen.told(done, cost)
    if not chosen.asked.question.stream:
        return JsonResponse(shape.completion(text, ending), headers=chosen.headers)

    async def events() -> AsyncIterator[bytes]:
        for part in (shape.first(), shape.piece(text), shape.last(ending)):
            yield part

    headers = streams.HEADERS | chosen.headers
    return StreamingHttpResponse(events(), content_type="text/event-stream", headers=headers)


async def _in_pieces(chosen: ChosenRoute, ask: dict[str, Any], usage: UsageEntry) -> HttpResponseBase:
    opened = await streams.open_stream(ask, usage)
    shape = chosen.shape(opened.fingerprint)

    def end(done: dict[str, Any]) -> bytes:
        cost = chosen.spent_usd + _host_usd(done)
        _keep_later(chosen, cost)
        return shape.last(chosen.told(done, cost))

    def failure(refusal: EngineRefusal) -> bytes:
        return responses.sse_event(ApiError(refusal.status, refusal.message, code=refusal.code).body)

    stream = streams.EventStream(opened, usage, opening=shape.first(), text=shape.piece, end=end, failure=failure)
    headers = streams.HEADERS | chosen.headers
    return StreamingHttpResponse(stream, content_type="text/event-stream", headers=headers)


async def _by_teacher(chosen: ChosenRoute) -> TeacherAnswer:
    """Text of the teacher; an order that takes longer than a client's wait goes on without it."""
    asked = chosen.asked
    try:
        told = await _compose_or_order(asked)
    except Refusal as refusal:
        status = 502 if refusal.code == teacher_answers.NOT_WRITTEN else refusal.status
        raise ApiError(status, f"{refusal.message} {refusal.hint}".strip(), code=refusal.code) from refusal
    except PermissionDenied as refusal:
        raise ApiError(403, str(refusal), code="insufficient_scope") from refusal
    await db_threads.run_later(chosen.taken.settle, told.done["prompt_tokens"] + told.done["completion_tokens"])
    return told


async def _compose_or_order(asked: RoutedRequest) -> TeacherAnswer:
    version, member = asked.version, asked.caller.member
    if asked.record is None or member is None or version.teacher.provider == Provider.OFFLINE:
        return await db_threads.run_apart(teacher_answers.compose, asked.spec, asked.facts)
    order = await db_threads.run_apart(
        teacher_answers.order, version.router.task, version.teacher, asked.record, by=member
    )
    until = time.monotonic() + teacher_answers.WITHIN_S
    while time.monotonic() < until:
        if told := await db_threads.run_apart(teacher_answers.answer_of, order):
            return told
        await asyncio.sleep(teacher_answers.POLL_EVERY_S)
    raise teacher_answers.late()


def read_features(asked: RoutedRequest, written: dict[str, Any]) -> dict[str, float]:
    """Return what the router decides by, read off what the first miniature wrote, by name.

    Nothing of a text not of the task's shape, or of one whose engine does not tell how sure it was, so that the teacher writes.
    """
    try:
        fields = prompting.parse(asked.miniatures[0].run.taught, written["text"])
    except prompting.CompletionError:
        return {}
    marks = len(checks.run(asked.spec, asked.facts, fields))
    value = pairs.text_value(asked.version.feature, marks, written["done"].get("mean_log_prob"))
    return {} if value is None else {route.feature_name(asked.version): value}


def _host_usd(done: dict[str, Any]) -> Decimal:
    return millionths(time_usd(done["seconds"], settings.HOST_USD_PER_HOUR))


def _usage(asked: RoutedRequest, writer: Miniature, taken: RateClaim) -> UsageEntry:
    return UsageEntry(writer.pk, asked.caller.member_id, asked.caller.token, "answered", taken=taken)


def _keep_later(chosen: ChosenRoute, cost_usd: Decimal) -> None:
    """Record the cost of a route in the background; an audited one's waits for its verdicts."""
    if not chosen.recorded.is_audit:
        streams.later(_keep_outcome, chosen.recorded, cost_usd)


def _keep_outcome(recorded: RecordedRoute, cost_usd: Decimal) -> None:
    route.record_outcome(Routed.objects.get(pk=recorded.id), cost_usd=cost_usd)
