"""The page that edits a task: its form, the same as JSON, and the example that follows what is typed."""

from __future__ import annotations

import json
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from members.session import member_of
from review.forms import spec_form
from review.permissions import require, task_or_404
from review.selectors import tasks as selectors
from review.selectors.examples import example as example_of
from review.services import tasks
from review.states import Role
from web import outside_json
from web.errors import Refusal


@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, slug: str) -> HttpResponse:
    """The form; a row button redraws it, *check* shows mistakes and example, *save* makes the next version."""
    task = task_or_404(member_of(request), slug)
    require(member_of(request), task, Role.LEAD)
    latest = selectors.latest_version(task)
    body, refusal, note = latest.body, None, ""
    as_json = request.GET.get("as") == "json"
    text = json.dumps(body, ensure_ascii=False, indent=2)
    if request.method == "POST":
        act, note = request.POST.get("do", "check"), request.POST.get("note", "")
        try:
            text = request.POST.get("json", text)
            body = _posted(request, act, latest.body)
            if not spec_form.is_row_act(act):
                spec = tasks.parse_spec(body)
                if act == "save":
                    version = tasks.new_version(task, spec=spec, by=member_of(request), note=note)
                    messages.success(request, f"Version {version.number} is saved. New drafts will be written by it.")
                    return redirect("review:diff", task.slug, latest.number, version.number)
        except Refusal as error:
            refusal = error
    sections = spec_form.drawn(body, refusal.errors if refusal else {})
    context: dict[str, Any] = {
        "task": task,
        "section": "task",
        "latest": latest,
        "next_number": latest.number + 1,
        "sections": sections,
        "refusal": _above_the_form(refusal, as_json),
        "note": note,
        "as_json": as_json,
        "json": text,
        **_example_context(body, task),
    }
    return render(request, "review/tasks/edit.html", context, status=refusal.status if refusal else 200)


@require_POST
def example(request: HttpRequest, slug: str) -> HttpResponse:
    """The example alone, for htmx, from the form as it stands."""
    task = task_or_404(member_of(request), slug)
    require(member_of(request), task, Role.LEAD)
    body = spec_form.body_from(request.POST.dict())
    return render(request, "review/tasks/_example.html", {"task": task, **_example_context(body, task)})


def _posted(request: HttpRequest, act: str, latest: dict[str, Any]) -> dict[str, Any]:
    if "json" in request.POST:
        return _from_json(request.POST["json"])
    posted = spec_form.body_from(request.POST.dict(), keeps_blank=spec_form.is_row_act(act))
    # Examples come and go on the page of the guidelines; this form keeps them.
    posted["guideline_examples"] = latest.get("guideline_examples", [])
    return spec_form.edited(posted, act)


def _from_json(text: str) -> dict[str, Any]:
    try:
        value = outside_json.loads(text)
    except ValueError as error:
        raise Refusal("json_broken", f"This is not JSON: {error}.", hint="Mend the text at that line.") from None
    if not isinstance(value, dict):
        raise Refusal("json_broken", "A specification is one JSON object.", hint="It begins with { and ends with }.")
    return value


def _above_the_form(refusal: Refusal | None, as_json: bool) -> Refusal | None:
    """Mistakes stand beside their fields; above goes the sentence, and what has no field."""
    if refusal is None or as_json or refusal.code != "spec_invalid":
        return refusal
    loose = {"": refusal.errors[""]} if "" in refusal.errors else {}
    return Refusal(refusal.code, refusal.message, hint=refusal.hint, status=refusal.status, errors=loose)


def _example_context(body: dict[str, Any], task: Any) -> dict[str, Any]:
    try:
        return {"example": example_of(tasks.parse_spec(body), task)}
    except Refusal as refusal:
        return {"example": None, "example_refusal": refusal}
