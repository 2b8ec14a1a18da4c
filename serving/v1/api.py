"""`/v1`: OpenAI's paths, shapes, statuses and errors, so that its clients work unchanged."""

from __future__ import annotations

import functools
import uuid
from collections.abc import Awaitable, Callable
from typing import Any, cast

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.csrf import csrf_exempt

from serving.openai import responses, values
from serving.openai.errors import ApiError
from serving.openai.requests import MAX_BODY_BYTES
from serving.openai.response_format import GRAMMAR_HEADER
from serving.openai.responses import CompletionShape
from serving.promotions import queries
from serving.routing import report
from serving.runtime.engine_client import EngineRefusal
from serving.v1 import auth, choices, db_threads, fallback_answers, rate_limits, routed, routers, streams
from serving.v1.auth import AdmittedRequest, Caller
from serving.v1.choices import ChoicePiece
from serving.v1.rate_limits import RateClaim
from serving.v1.routers import RoutedRequest
from serving.v1.usage import UsageEntry
from web.http import away
from web.logs import context
from web.whole_numbers import whole_number

View = Callable[..., Awaitable[HttpResponseBase]]
# What Django's stubs let an address lead to; at run time it is the coroutine function.
Addressed = Callable[..., HttpResponseBase]
# Which option a refusal of the engine is about.
PARAMS = {
    "context_length_exceeded": "messages",
    "memory_exceeded": "messages",
    "bad_messages": "messages",
    "invalid_schema": "response_format",
    "invalid_logit_bias": "logit_bias",
}


def openai_view(*methods: str) -> Callable[[View], Addressed]:
    """Let programs in by their token alone, and answer every refusal in OpenAI's shape."""

    def wrap(view: View) -> Addressed:
        @csrf_exempt
        @functools.wraps(view)
        async def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            try:
                if request.method not in methods:
                    # Who has no key learns nothing of what there is.
                    await db_threads.run_first(auth.caller_of, request.headers.get("Authorization", ""))
                    raise _no_such(request.path, methods)
                answer = await view(request, *args, **kwargs)
            except ApiError as error:
                answer = _refused(error)
            except EngineRefusal as refusal:
                answer = _refused(_as_api_error(refusal))
            except DatabaseError as error:
                if not away.is_away(error):
                    raise
                answer = _refused(ApiError(503, away.TITLE, code=away.CODE, retry_after_s=away.RETRY_AFTER_S))
            answer.headers["x-request-id"] = f"req_{context.request_id() or uuid.uuid4().hex}"
            return answer

        return cast(Addressed, wrapped)

    return wrap


@openai_view("POST")
async def completions(request: HttpRequest) -> HttpResponseBase:
    authorization, grammar = (request.headers.get(name, "") for name in ("Authorization", GRAMMAR_HEADER))
    admitted, taken = await db_threads.run_first(_admit, authorization, _body(request), grammar)
    try:
        if isinstance(admitted, RoutedRequest):
            answer = await routed.answer(admitted, taken)
        else:
            answer = await _answered(admitted, _asked(admitted, taken))
    except EngineRefusal as refusal:
        answer = await _fall_back(admitted, refusal, taken) or _refused(_as_api_error(refusal))
    except ApiError as error:
        answer = _refused(error)
    for name, value in (taken.headers | _told(admitted, answer)).items():
        answer.headers.setdefault(name, value)
    return answer


async def _fall_back(
    admitted: AdmittedRequest | RoutedRequest, refusal: EngineRefusal, taken: RateClaim
) -> HttpResponseBase | None:
    return None if isinstance(admitted, RoutedRequest) else await fallback_answers.answer(admitted, refusal, taken)


async def _answered(admitted: AdmittedRequest, entry: UsageEntry) -> HttpResponseBase:
    question = admitted.question
    is_ours = admitted.caller.member is None
    asks = [ask | {"tells_confidence": True} if is_ours else ask for ask in question.as_asks(admitted.miniature.slug)]
    shape = functools.partial(CompletionShape, question.model, include_usage=question.include_usage, is_ours=is_ours)
    if len(asks) > 1:
        return await _several(asks, entry, shape, stream=question.stream)
    (ask,) = asks
    if not question.stream:
        answer = await streams.whole_answer(ask, entry)
        return JsonResponse(shape(fingerprint=answer["fingerprint"]).completion(answer["text"], answer["done"]))
    opened = await streams.open_stream(ask, entry)
    parts = shape(fingerprint=opened.fingerprint)
    stream = streams.EventStream(
        opened, entry, opening=parts.first(), text=parts.piece, end=parts.last, failure=_failure_event
    )
    return StreamingHttpResponse(stream, content_type="text/event-stream", headers=streams.HEADERS)


async def _several(
    asks: list[dict[str, Any]], entry: UsageEntry, shape: Callable[..., CompletionShape], *, stream: bool
) -> HttpResponseBase:
    if not stream:
        answer = await choices.whole_choices(asks, entry)
        return JsonResponse(shape(fingerprint=answer["fingerprint"]).completion_of(answer["choices"], answer["done"]))
    opened = await choices.open_choices(asks, entry)
    parts = shape(fingerprint=opened.fingerprint)

    def piece(news: ChoicePiece) -> bytes:
        return parts.ending(news.done, news.index) if news.done else parts.piece(news.text, news.index)

    opening = b"".join(map(parts.first, range(len(asks))))
    events = streams.EventStream(opened, entry, opening=opening, text=piece, end=parts.end, failure=_failure_event)
    return StreamingHttpResponse(events, content_type="text/event-stream", headers=streams.HEADERS)


@openai_view("GET", "HEAD")
async def models(request: HttpRequest) -> HttpResponseBase:
    """Models the token's member may ask: served miniatures, each task's current one by the task's name, and routers."""
    return JsonResponse(await db_threads.run_first(_models, request.headers.get("Authorization", "")))


@openai_view("GET", "HEAD")
async def model(request: HttpRequest, name: str) -> HttpResponseBase:
    return JsonResponse(await db_threads.run_first(_model, request.headers.get("Authorization", ""), name))


@openai_view()
async def not_served(request: HttpRequest, path: str = "") -> HttpResponseBase:
    raise _no_such(request.path, ())


def _no_such(path: str, methods: tuple[str, ...]) -> ApiError:
    if methods:
        allowed = {"Allow": ", ".join(methods)}
        return ApiError(405, f"Use {' or '.join(methods)} here.", code="method_not_allowed", more_headers=allowed)
    return ApiError(404, f"There is nothing at {path[:80]}; /v1/chat/completions and /v1/models are.", code="not_found")


def _models(authorization: str) -> dict[str, Any]:
    return {"object": "list", "data": _listed(auth.caller_of(authorization))}


def _listed(caller: Caller) -> list[dict[str, Any]]:
    data = []
    for writer in queries.served_miniatures(member=caller.member):
        created, owner = int(writer.since.timestamp()), writer.miniature.task.slug
        data.append(responses.model(writer.name, created=created, owner=owner))
        if writer.is_current:
            data.append({**responses.model(owner, created=created, owner=owner), "root": writer.name})
    own_routers = routers.of_caller(caller)
    names = report.names(own_routers)
    return data + [
        responses.model(names[each.pk], created=int(each.created_at.timestamp()), owner=each.task.slug)
        for each in own_routers
    ]


def _model(authorization: str, name: str) -> dict[str, Any]:
    caller, name = auth.caller_of(authorization), values.text(name, "model")
    found = next((each for each in _listed(caller) if each["id"] == name), None)
    if found is None:
        raise auth.no_model(name)
    return found


def _body(request: HttpRequest) -> bytes:
    length = request.headers.get("Content-Length", "")
    if length.isdecimal() and whole_number(length, otherwise=MAX_BODY_BYTES + 1) > MAX_BODY_BYTES:
        raise ApiError(413, f"The body is larger than {MAX_BODY_BYTES >> 20} MiB.", code="request_too_large")
    return request.read(MAX_BODY_BYTES + 1)


def _admit(authorization: str, content: bytes, grammar: str) -> tuple[AdmittedRequest | RoutedRequest, RateClaim]:
    """Count a request against its token's minute; the product's own engines are not limited."""
    admitted = routers.admit(authorization, content, grammar=grammar)
    is_ours = admitted.caller.member is None
    return admitted, rate_limits.UNLIMITED if is_ours else rate_limits.claim(admitted.caller.token, admitted.question)


def _told(admitted: AdmittedRequest | RoutedRequest, answer: HttpResponseBase) -> dict[str, str]:
    unheeded = admitted.question.unheeded
    headers = {"x-miniatures-unheeded": ", ".join(unheeded)} if unheeded else {}
    if isinstance(admitted, RoutedRequest) or fallback_answers.HEADER in answer.headers:
        return headers
    version = admitted.miniature.manifest_sha256[:12]
    return headers | {"x-miniature": admitted.miniature.slug, "x-miniature-version": version}


def _asked(admitted: AdmittedRequest, taken: RateClaim) -> UsageEntry:
    caller = admitted.caller
    return UsageEntry(admitted.miniature.pk, caller.member_id, caller.token, "answered", taken=taken)


def _failure_event(refusal: EngineRefusal) -> bytes:
    return responses.sse_event(_as_api_error(refusal).body)


def _as_api_error(refusal: EngineRefusal) -> ApiError:
    param = PARAMS.get(refusal.code)
    return ApiError(
        refusal.status, refusal.message, code=refusal.code, param=param, retry_after_s=refusal.retry_after_s
    )


def _refused(error: ApiError) -> HttpResponse:
    return JsonResponse(error.body, status=error.status, headers=error.headers)
