"""The playground: two models side by side on one prospect, written before one's eyes."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from typing import Any
from uuid import UUID, uuid4

from asgiref.sync import async_to_sync, sync_to_async
from django.http import HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.template.loader import render_to_string
from django.views.decorators.http import require_http_methods, require_POST

from members.models import Member
from members.session import member_of
from review.sources import queries
from review.sources.judge_records.queries import is_withheld
from review.spec import prompting
from review.spec.task_spec import TaskSpec
from review.states import Role
from review.tasks import queries as tasks_queries
from review.tasks.permissions import task_or_404
from serving.playground import texts, writers
from serving.playground.texts import PlaygroundRequest, PlaygroundText
from serving.playground.writers import PlaygroundWriter
from serving.runtime import status
from serving.runtime.engine_client import EngineRefusal
from serving.v1 import db_threads, streams
from serving.v1.usage import UsageEntry
from training.miniatures import written_text as shown
from training.miniatures.forms import RecordForm
from web.errors import Refusal

SIDES = ("left", "right")
HEADERS = {"X-Accel-Buffering": "no"}


@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest, slug: str) -> HttpResponse:
    """A POST comes from a browser without scripts, which gets both texts at once."""
    task = task_or_404(member_of(request), slug, least=Role.REVIEWER)
    spec = tasks_queries.latest_version(task).spec
    prospects, models = writers.records(task), writers.playground_writers(member_of(request), task)
    record = _record(request, [each.pk for each in prospects])
    is_own = "own" in request.GET
    facts = shown.facts_as_text(record.facts) if record else {}
    own = _own_facts(spec, facts) if is_own else set()
    kept = {name: value for name, value in facts.items() if name not in own}
    typed = request.POST if request.method == "POST" else None
    form = RecordForm(spec, typed, own=own, initial=kept, prefix=texts.FACT)
    context = {
        "task": task,
        "section": "playground",
        "standing": status.serving_status(),
        "records": [] if is_own else prospects,
        "has_records": bool(prospects),
        "record": record,
        "is_own": is_own,
        "models": models,
        "form": form,
        "sides": _sides(request, models)[: 1 if is_own else None],
        "withholds_judge": is_withheld(member_of(request), task),
        "has_paid": any(model.is_paid for model in models),
    }
    return render(request, "serving/playground.html", context)


@require_POST
async def write(request: HttpRequest, slug: str) -> HttpResponseBase:
    """Stream one side's text as server-sent events: `{"text"}` pieces, then `{"html"}`; or `{"error"}`."""
    member = await request.auser()
    assert isinstance(member, Member)
    try:
        trial = await sync_to_async(texts.prepare)(member, slug, request.POST, site=_site(request))
        return _stream(await _events(trial))
    except Refusal as refusal:
        return JsonResponse({"message": refusal.message, "hint": refusal.hint}, status=refusal.status)
    except EngineRefusal as refusal:
        return JsonResponse({"message": refusal.message, "hint": ""}, status=refusal.status)


async def _events(trial: PlaygroundRequest) -> AsyncIterator[bytes] | streams.EventStream:
    if trial.choice.miniature is None:
        return _by_teacher(trial)
    entry = _asked(trial)
    pieces: list[str] = []

    def text(piece: str) -> bytes:
        pieces.append(piece)
        return _event({"text": piece})

    return streams.EventStream(
        await streams.open_stream(trial.ask | {"stream": True}, entry),
        entry,
        opening=b"",
        text=text,
        end=lambda done: _ending(trial, texts.read(trial, "".join(pieces), done=done)),
        failure=lambda refusal: _event({"error": refusal.message}),
    )


async def _by_teacher(trial: PlaygroundRequest) -> AsyncIterator[bytes]:
    try:
        text = await db_threads.run_apart(texts.by_teacher, trial)
    except Refusal as refusal:
        yield _event({"error": f"{refusal.message} {refusal.hint}".strip()})
        return
    yield _event({"text": text.text})
    yield _ending(trial, text)


def _own_facts(spec: TaskSpec, facts: Mapping[str, str]) -> set[str]:
    """Return the facts to be written anew: those that the student reads, and those required that no record brings."""
    missing = {field.name for field in spec.input_schema if field.required and not facts.get(field.name)}
    return prompting.facts_read(spec) | missing


def _sides(request: HttpRequest, models: list[PlaygroundWriter]) -> list[dict[str, Any]]:
    """Begin each side with a free model, or none: one that is billed is only ever chosen by hand."""
    values = request.POST if request.method == "POST" else request.GET
    keys, free = [model.key for model in models], [model.key for model in models if not model.is_paid]
    sides = []
    for place, name in enumerate(SIDES):
        choice = values.get(name, "")
        key = next((key for key in (choice, f"miniature-{choice}") if key in keys), "")
        chosen = key or (free[place] if name not in values and place < len(free) else "")
        html = _written_now(request, chosen) if request.method == "POST" and chosen else ""
        sides.append({"name": name, "label": f"{name.capitalize()} model", "chosen": chosen, "html": html})
    return sides


def _written_now(request: HttpRequest, key: str) -> str:
    slug = str(request.resolver_match.kwargs["slug"]) if request.resolver_match else ""
    try:
        trial = texts.prepare(member_of(request), slug, {**request.POST.dict(), "model": key}, site=_site(request))
        if trial.choice.miniature is None:
            return _html(trial, texts.by_teacher(trial))
        answer = async_to_sync(streams.whole_answer)(trial.ask, _asked(trial))
        return _html(trial, texts.read(trial, answer["text"], done=answer["done"]))
    except Refusal as refusal:
        return render_to_string("web/_refusal.html", {"refusal": refusal})
    except EngineRefusal as refused:
        return render_to_string("web/_refusal.html", {"refusal": Refusal(refused.code, refused.message)})


def _asked(trial: PlaygroundRequest) -> UsageEntry:
    assert trial.choice.miniature is not None
    return UsageEntry(trial.choice.miniature.pk, trial.by.pk, f"page {trial.by.pk.hex[:12]}", "answered")


def _record(request: HttpRequest, record_ids: list[UUID]) -> Any:
    record_id = request.POST.get("record", "") or request.GET.get("record", "")
    try:
        return queries.record_or_404(member_of(request), UUID(record_id))
    except ValueError:
        return queries.record_or_404(member_of(request), record_ids[0]) if record_ids else None


def _site(request: HttpRequest) -> str:
    return request.build_absolute_uri("/").rstrip("/")


def _ending(trial: PlaygroundRequest, text: PlaygroundText) -> bytes:
    return _event({"html": _html(trial, text)})


def _html(trial: PlaygroundRequest, text: PlaygroundText) -> str:
    parts = shown.marked_fields(trial.spec, text.output)
    context = {
        "written": text,
        "parts": parts,
        "is_checked": shown.is_checked(trial.spec),
        "trial": trial,
        # Both sides may show one of the same model.
        "copy_id": f"curl-{uuid4().hex[:8]}",
    }
    return render_to_string("serving/_written.html", context)


def _event(body: dict[str, Any]) -> bytes:
    return f"data: {json.dumps(body)}\n\n".encode()


def _stream(events: AsyncIterator[bytes] | streams.EventStream) -> StreamingHttpResponse:
    return StreamingHttpResponse(events, content_type="text/event-stream", headers=HEADERS)
