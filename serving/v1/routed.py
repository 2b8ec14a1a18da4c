"""Answer a question to a router: choose the model by the record, have it write, and keep what came of it.

A router that goes by marks or by confidence has its first miniature write before it chooses; what that wrote is the
answer, or is thrown away. A paid teacher writes by an order, so its price, budget and journal are those of any order.
Runs on the event loop.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import StreamingHttpResponse
from django.http.response import HttpResponseBase

from generation.money.figures import millionths, time_usd
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
from serving.v1.rate_limits import RateClaim
from serving.v1.routers import RoutedRequest
from serving.v1.teacher_answers import TeacherAnswer
from serving.v1.usage import UsageEntry
from training.models import Miniature
from web.errors import Refusal

NOTHING = Decimal(0)


@dataclass(frozen=True)
class ChosenRoute:
    """A route that is taken: what it cost so far, None where unknown, and what its token has to be counted."""

    asked: RoutedRequest
    recorded: RecordedRoute
    spent_usd: Decimal | None
    taken: RateClaim

    @property
    def headers(self) -> dict[str, str]:
        version, chosen = self.asked.version, self.recorded.route
        return {"x-router": version.router.slug, "x-router-model": chosen.model}

    def with_spent(self, usd: Decimal | None) -> Decimal | None:
        return None if usd is None or self.spent_usd is None else self.spent_usd + usd

    def told(self, done: dict[str, Any], cost_usd: Decimal | None) -> dict[str, Any]:
        version, chosen = self.asked.version, self.recorded.route
        about = {
            "name": version.router.slug,
            "version": version.number,
            "model": chosen.model,
            "why": chosen.why,
            "routed": str(self.recorded.id),
            "is_audit": self.recorded.is_audit,
            "cost_usd": None if cost_usd is None else float(cost_usd),
        }
        return {**done, "router": about}

    def shape(self, fingerprint: str) -> CompletionShape:
        name, with_usage = self.recorded.route.model, self.asked.question.include_usage
        return CompletionShape(name, include_usage=with_usage, fingerprint=fingerprint)


async def answer(request: RoutedRequest, taken: RateClaim) -> HttpResponseBase:
    """Route a question and answer it, whole or as a stream.

    A stream comes in pieces where the model was known before it wrote.

    Raises:
        EngineRefusal: The engine said no.
        ApiError: The teacher's order is refused, or gave no text.
    """
    version = request.version
    first = request.miniatures[0]
    if not (version.writes_first and version.thresholds):
        number = pairs.number_of(request.facts, version.fact)
        features = {} if number is None else {version.fact: number}
        recorded = await db_threads.run_first(route.record, version, features)
        return await _take(ChosenRoute(request, recorded, NOTHING, taken))
    written = await streams.whole_answer(request.ask(first), _usage(request, first, taken))
    features = await db_threads.run_apart(read_features, request, written)
    recorded = await db_threads.run_first(route.record, version, features)
    spent = _host_usd(request, written["done"])
    chosen = ChosenRoute(request, recorded, spent, replace(taken, tokens=0))
    if recorded.route.place == 0:
        return _whole(chosen, written["text"], written["done"], spent, written["fingerprint"])
    return await _take(chosen)


async def _take(chosen: ChosenRoute) -> HttpResponseBase:
    miniatures, place = chosen.asked.miniatures, chosen.recorded.route.place
    if place == len(miniatures):
        teacher_answer = await _by_teacher(chosen)
        cost = chosen.with_spent(teacher_answer.cost_usd)
        return _whole(chosen, teacher_answer.text, teacher_answer.done, cost, "")
    writer = miniatures[place]
    usage, ask = _usage(chosen.asked, writer, chosen.taken), chosen.asked.ask(writer)
    if chosen.asked.question.stream:
        return await _in_pieces(chosen, ask, usage)
    written = await streams.whole_answer(ask, usage)
    cost = chosen.with_spent(_host_usd(chosen.asked, written["done"]))
    return _whole(chosen, written["text"], written["done"], cost, written["fingerprint"])


def _whole(
    chosen: ChosenRoute, text: str, done: dict[str, Any], cost: Decimal | None, fingerprint: str
) -> HttpResponseBase:
    """Wrap a finished text; one piece where a stream was asked for."""
    _keep_later(chosen, cost)
    shape, stream = chosen.shape(fingerprint), chosen.asked.question.stream
    return streams.written_response(shape, text, chosen.told(done, cost), stream=stream, headers=chosen.headers)


async def _in_pieces(chosen: ChosenRoute, ask: dict[str, Any], usage: UsageEntry) -> HttpResponseBase:
    opened = await streams.open_stream(ask, usage)
    shape = chosen.shape(opened.fingerprint)

    def end(done: dict[str, Any]) -> bytes:
        cost = chosen.with_spent(_host_usd(chosen.asked, done))
        _keep_later(chosen, cost)
        return shape.last(chosen.told(done, cost))

    def failure(refusal: EngineRefusal) -> bytes:
        return responses.sse_event(ApiError(refusal.status, refusal.message, code=refusal.code).body)

    stream = streams.EventStream(opened, usage, opening=shape.first(), text=shape.piece, end=end, failure=failure)
    headers = streams.HEADERS | chosen.headers
    return StreamingHttpResponse(stream, content_type="text/event-stream", headers=headers)


async def _by_teacher(chosen: ChosenRoute) -> TeacherAnswer:
    """Text of the teacher; an order that takes longer than a client's wait goes on without it.

    A teacher that was not asked gives back what its question took; one that wrote nothing of use has read it.
    """
    request = chosen.asked
    try:
        teacher_answer = await teacher_answers.write(
            request.version.router.task,
            request.version.teacher,
            spec=request.spec,
            facts=request.facts,
            record=request.record,
            by=request.caller.member,
        )
    except Refusal as refusal:
        was_asked = refusal.code == teacher_answers.NOT_WRITTEN
        if not was_asked:
            await db_threads.run_later(chosen.taken.settle, 0)
        message = f"{refusal.message} {refusal.hint}".strip()
        raise ApiError(502 if was_asked else refusal.status, message, code=refusal.code) from refusal
    except PermissionDenied as refusal:
        await db_threads.run_later(chosen.taken.settle, 0)
        raise ApiError(403, str(refusal), code="insufficient_scope") from refusal
    await db_threads.run_later(
        chosen.taken.settle, teacher_answer.done["prompt_tokens"] + teacher_answer.done["completion_tokens"]
    )
    return teacher_answer


def read_features(request: RoutedRequest, written: dict[str, Any]) -> dict[str, float]:
    """Return what the router decides by, read off what the first miniature wrote, by name.

    Nothing of a text not of the task's shape, or of one whose engine does not tell how sure it was, so that the teacher
    writes.
    """
    try:
        fields = prompting.parse(request.miniatures[0].run.taught, written["text"])
    except prompting.CompletionError:
        return {}
    marks = len(checks.run(request.spec, request.facts, fields))
    value = pairs.text_value(request.version.feature, marks, written["done"].get("mean_log_prob"))
    return {} if value is None else {route.feature_name(request.version): value}


def _host_usd(request: RoutedRequest, done: dict[str, Any]) -> Decimal | None:
    if request.usd_per_hour is None:
        return None
    return millionths(time_usd(done["seconds"], request.usd_per_hour))


def _usage(request: RoutedRequest, writer: Miniature, taken: RateClaim) -> UsageEntry:
    return UsageEntry(writer.pk, request.caller.member_id, request.caller.token, "answered", taken=taken)


def _keep_later(chosen: ChosenRoute, cost_usd: Decimal | None) -> None:
    """Record the cost of a route in the background; an audited one's waits for its verdicts."""
    if not chosen.recorded.is_audit:
        streams.later(_keep_outcome, chosen.recorded, cost_usd)


def _keep_outcome(recorded: RecordedRoute, cost_usd: Decimal | None) -> None:
    route.record_outcome(Routed.objects.get(pk=recorded.id), cost_usd=cost_usd)
