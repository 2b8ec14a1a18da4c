"""Pages of tasks: the list, a new one, one version, the difference of two, the editor, and the team."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.text import slugify
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from members.session import member_of
from review.spec import json_schema
from review.spec.spec_diff import changes
from review.spec.starters import STARTERS
from review.states import Role
from review.tasks import authoring, queries, reconsideration, spec_form, team, waiting_rows
from review.tasks.authoring import NAME_CHARS, SLUG_CHARS
from review.tasks.example import build_example
from review.tasks.permissions import may, may_create, require_may_create, task_or_404
from review.tasks.spec_form import sections
from review.tasks.spec_sections import Folds, after_act, first_mistake
from web import strict_json
from web.errors import Refusal
from web.http.form_errors import submit
from web.http.htmx import shown_status
from web.whole_numbers import whole_number

if TYPE_CHECKING:
    from members.models import Member
    from review.models import Task, TaskVersion

LONGEST_PHRASE = 200


class NewTaskForm(forms.Form):
    starter = forms.ChoiceField(
        choices=[(slug, starter.name) for slug, starter in STARTERS.items()],
        widget=forms.RadioSelect,
        label="Start from",
    )
    name = forms.CharField(
        max_length=NAME_CHARS, label="Name", help_text="What people call it, such as “Outreach e-mail”."
    )
    slug = forms.CharField(
        max_length=SLUG_CHARS,
        label="Address",
        required=False,
        help_text="Small letters, digits and hyphens; made from the name if left empty. It cannot be changed later.",
    )


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    counted = queries.with_counts(member_of(request))
    context = {
        "section": "task",
        "tasks": counted.value,
        "counted_at": counted.at,
        "may_create": may_create(member_of(request)),
    }
    return render(request, "review/tasks/index.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    require_may_create(member_of(request))
    form = NewTaskForm(request.POST or None, initial=_initial(request.GET.get("from", "")))
    if request.method == "POST":
        task, _ = submit(form, lambda chosen: _create(chosen, by=member_of(request)))
        if task:
            messages.success(request, f"{task.name} is created. Check it and change what does not fit.")
            return redirect("review:edit", task.slug)
    context = {"section": "task", "form": form, "starters": STARTERS.values(), "chosen": form["starter"].value()}
    return render(request, "review/tasks/new.html", context, status=400 if form.errors else 200)


def _create(chosen: dict[str, Any], *, by: Member) -> Task:
    starter = STARTERS[chosen["starter"]]
    return authoring.create(
        name=chosen["name"],
        slug=chosen["slug"] or slugify(chosen["name"])[: authoring.SLUG_CHARS].strip("-"),
        spec=starter.spec,
        by=by,
        note=f"From the starter “{starter.name}”",
    )


@require_safe
def detail(request: HttpRequest, slug: str, number: int | None = None) -> HttpResponse:
    task = task_or_404(member_of(request), slug)
    latest = queries.latest_version(task)
    version = latest if number is None else queries.version_or_404(task, number)
    may_lead = may(member_of(request), task, Role.LEAD)
    context: dict[str, Any] = {
        "task": task,
        "section": "task",
        "version": version,
        "is_latest": version.number == latest.number,
        "latest": latest,
        "spec": version.spec,
        "output_schema": json.dumps(json_schema.document(version.spec), ensure_ascii=False, indent=2),
        "has_offer": any((version.body.get("offer") or {}).values()),
        "sections": sections(version.body, {}),
        "example": build_example(version.spec, task),
        "history": queries.history(task),
        "may_lead": may_lead,
        "about": reconsideration.open_question(task) if may_lead else None,
        "unfit": reconsideration.waiting(latest) if may_lead and version.number == latest.number else None,
        "panel": team.team_panel(member_of(request), task) if version.number == latest.number else None,
    }
    return render(request, "review/tasks/detail.html", context)


@require_safe
def diff(request: HttpRequest, slug: str, a: int, b: int) -> HttpResponse:
    task = task_or_404(member_of(request), slug)
    old, new_version = queries.version_or_404(task, a), queries.version_or_404(task, b)
    may_lead = may(member_of(request), task, Role.LEAD)
    context = {
        "task": task,
        "section": "task",
        "old": old,
        "new": new_version,
        "changes": changes(old.spec, new_version.spec),
        "history": queries.history(task),
        "unfit": reconsideration.waiting(new_version) if may_lead else None,
        "waiting_rows": _rows_that_wait(task) if may_lead else "",
    }
    return render(request, "review/tasks/diff.html", context)


def _initial(starter: str) -> dict[str, str]:
    chosen_starter = STARTERS.get(starter) or next(iter(STARTERS.values()))
    return {"starter": chosen_starter.slug, "name": chosen_starter.name}


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, slug: str) -> HttpResponse:
    task = task_or_404(member_of(request), slug, least=Role.LEAD)
    latest = queries.latest_version(task)
    base = request.POST.get("base", "") if request.method == "POST" else str(latest.number)
    body, refusal, note, folds = latest.body, None, "", Folds()
    as_json = request.GET.get("as") == "json" or "json" in request.POST
    text = json.dumps(body, ensure_ascii=False, indent=2)
    if request.method == "POST":
        act, note = request.POST.get("do", "check"), request.POST.get("note", "")
        folds = after_act(request.POST.getlist("open"), "", 0)
        try:
            text = request.POST.get("json", text)
            body = _posted(request, act, latest.body)
            if act == spec_form.ACT:
                body = spec_form.with_pasted_schema(body, request.POST.get("schema", ""))
            folds = _folds(request, act, body)
            if not spec_form.is_row_act(act):
                spec = authoring.parse_spec(body)
                if act == "save":
                    number = whole_number(base, otherwise=None)
                    version = authoring.new_version(task, spec=spec, by=member_of(request), note=note, base=number)
                    messages.success(request, _saved(version))
                    return redirect(_rows_that_wait(task) or _diff(task, latest.number, version.number))
        except Refusal as error:
            refusal = error
    elif phrase := request.GET.get("forbid", "").strip()[:LONGEST_PHRASE]:
        body, folds = spec_form.with_forbidden(body, phrase)
        text = json.dumps(body, ensure_ascii=False, indent=2)
    # JSON that somebody wrote may have any shape; only the form draws its parts.
    sections = [] if as_json else spec_form.sections(body, refusal.errors if refusal else {}, folds)
    context: dict[str, Any] = {
        "task": task,
        "section": "task",
        "latest": latest,
        "base": base,
        "next_number": latest.number + 1,
        "sections": sections,
        "focus": first_mistake(sections) or folds.focus,
        "refusal": _above_the_form(refusal, as_json),
        "note": note,
        "as_json": as_json,
        "waiting_rows": _rows_that_wait(task),
        "json": text,
        "pasted": request.POST.get("schema", "") if refusal else "",
        **_example_context(body, task),
    }
    return render(request, "review/tasks/edit.html", context, status=shown_status(request, refusal))


def _saved(version: TaskVersion) -> str:
    count = queries.waiting_count(version)
    counted = "1 waiting draft uses" if count == 1 else f"{count} waiting drafts use"
    carried = f" {counted} the renamed label and moved to this version." if count else ""
    return f"Version {version.number} is saved. New drafts will use it.{carried}"


def _rows_that_wait(task: Task) -> str:
    """Return the address that imports the rows the task was made from; empty where none wait."""
    rows = waiting_rows.of_task(task)
    return rows.address(task) if rows else ""


def _diff(task: Task, before: int, after: int) -> str:
    return reverse("review:diff", args=[task.slug, before, after])


@require_POST
def example(request: HttpRequest, slug: str) -> HttpResponse:
    task = task_or_404(member_of(request), slug, least=Role.LEAD)
    body = spec_form.body_from(request.POST.dict())
    return render(request, "review/tasks/_example.html", {"task": task, **_example_context(body, task)})


def _posted(request: HttpRequest, act: str, latest: dict[str, Any]) -> dict[str, Any]:
    if "json" in request.POST:
        return _from_json(request.POST["json"])
    posted = spec_form.body_from(request.POST.dict(), keeps_blank=spec_form.is_row_act(act))
    # Examples come and go on the page of the guidelines; this form keeps them.
    posted["guideline_examples"] = latest.get("guideline_examples", [])
    return spec_form.after_row_act(posted, act)


def _folds(request: HttpRequest, act: str, body: dict[str, Any]) -> Folds:
    rows = body.get(act.partition(":")[2].partition(":")[0])
    return after_act(request.POST.getlist("open"), act, len(rows) if isinstance(rows, list) else 0)


def _from_json(text: str) -> dict[str, Any]:
    try:
        value = strict_json.loads(text)
    except ValueError as error:
        raise Refusal("json_broken", f"This is not JSON: {error}.", hint="Correct the text at that line.") from None
    if not isinstance(value, dict):
        raise Refusal("json_broken", "A specification is one JSON object.", hint="It begins with { and ends with }.")
    return value


def _above_the_form(refusal: Refusal | None, as_json: bool) -> Refusal | None:
    if refusal is None or as_json or refusal.code != "spec_invalid":
        return refusal
    loose = {"": refusal.errors[""]} if "" in refusal.errors else {}
    return Refusal(refusal.code, refusal.message, hint=refusal.hint, status=refusal.status, errors=loose)


def _example_context(body: dict[str, Any], task: Task) -> dict[str, Any]:
    try:
        return {"example": build_example(authoring.parse_spec(body), task)}
    except Refusal as refusal:
        return {"example": None, "example_refusal": refusal}


@require_POST
def change_team(request: HttpRequest, slug: str) -> HttpResponse:
    lead = member_of(request)
    task = task_or_404(lead, slug)
    role = request.POST.get("role", "")
    try:
        member = team.member_named(request.POST.get("member", ""), task=task, by=lead)
        team.give_role(member, task, role=role, by=lead)
    except Refusal as refusal:
        messages.error(request, f"{refusal.message} {refusal.hint}".strip())
    else:
        outcome = f"is now {Role(role).label.lower()}" if role else "is no longer in the team"
        messages.success(request, f"{member.name} {outcome}.")
    # A lead who gave up the role may not see the task any more.
    return redirect("review:task", slug) if may(lead, task, Role.VIEWER) else redirect("review:tasks")
