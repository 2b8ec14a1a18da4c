"""One verdict for many drafts: a preview that says what would happen and to which, then the act, and its undo."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode
from uuid import UUID, uuid4

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_http_methods, require_POST

from members.models import Member
from members.session import member_of
from review.bulk import bulk_undo, bulk_verdict, execution, planning, wording
from review.bulk.bulk_verdict import TYPED_ABOVE, BulkVerdict
from review.bulk.planning import pack_ids, unpack_ids
from review.drafts import draft_filters
from review.states import Role
from review.tasks.permissions import task_or_404
from web import zones
from web.db.keys import uuid_or_none
from web.errors import Refusal
from web.language.sentences import in_language
from web.templatetags.figures import fixed

if TYPE_CHECKING:
    from review.models import Task
    from review.spec.task_spec import Reason


@require_http_methods(["GET", "HEAD", "POST"])
def bulk_page(request: HttpRequest, slug: str) -> HttpResponse:
    member = member_of(request)
    task = task_or_404(member, slug, least=Role.REVIEWER)
    values = _values(request)
    refusal = None
    ids, how = _chosen(request.POST) if request.method == "POST" else _matching(request, member, task)
    reasons = planning.reasons_for(task, ids)
    try:
        verdict = _said(values, reasons) if values.get("verdict") else None
        if verdict and values.get("act"):
            return _carry_out(request, member, task, verdict)
        return _preview(request, member, task, ids=ids, how=how, reasons=reasons, submission=verdict)
    except Refusal as error:
        refusal = error
    return _preview(request, member, task, ids=ids, how=how, reasons=reasons, submission=None, refusal=refusal)


@require_POST
def undo(request: HttpRequest, slug: str, act_id: UUID) -> HttpResponse:
    task_or_404(member_of(request), slug)
    undone = bulk_undo.undo(act_id, by=member_of(request))
    words = ngettext("%(count)s draft back as before.", "%(count)s drafts back as before.", undone.count) % {
        "count": fixed(undone.count, 0)
    }
    words += "".join(f" {in_language(f'{number:,} not: {why}.')}" for why, number in undone.kept.items())
    messages.success(request, words)
    return redirect(_list_url(request, slug))


def _values(request: HttpRequest) -> QueryDict:
    """Return the values of the form. In an address `verdict` filters the list and `give` holds the verdict to give."""
    if request.method == "POST":
        return request.POST
    values = request.GET.copy()
    values["verdict"] = values.get("give", "")
    return values


def _chosen(form: QueryDict) -> tuple[list[UUID], str]:
    """The drafts a form names, and how they were found, as an address says it."""
    if ids := form.get("ids"):
        return unpack_ids(ids), form.get("how", "")
    chosen = [draft_id for each in form.getlist("draft") if (draft_id := uuid_or_none(each))]
    return chosen, urlencode({"chosen": len(chosen)})


def _matching(request: HttpRequest, member: Member, task: Task) -> tuple[list[UUID], str]:
    draft_filter = draft_filters.parse(request.GET, zone=zones.name_for(request))
    return planning.matching(member, task, draft_filter), urlencode(draft_filter.as_json())


def _said(values: QueryDict, reasons: Sequence[Reason]) -> BulkVerdict | None:
    """Return the verdict; None where the list names a verdict alone, so that the page asks for the rest."""
    verdict, is_from_list = values["verdict"], "ids" not in values
    if is_from_list and verdict == "reject" and not values.getlist("reasons") and reasons:
        return None
    if is_from_list and verdict == "edit" and not values.get("find", "").strip():
        return None
    return bulk_verdict.parse({**values.dict(), "reasons": values.getlist("reasons")})


def _carry_out(request: HttpRequest, member: Member, task: Task, submission: BulkVerdict) -> HttpResponse:
    form = request.POST
    act_id = uuid_or_none(form.get("act", ""))
    if act_id is None:
        raise Refusal("no_act", "The form names no act.", hint="Reload the page.")
    typed = form.get("typed", "").replace(",", "").strip()
    act = execution.carry_out(
        task,
        by=member,
        id=act_id,
        drafts=unpack_ids(form.get("doable", "")),
        submission=submission,
        tag=form.get("tag") or None,
        typed=int(typed) if typed.isdecimal() and len(typed) < 9 else None,
        how=dict(parse_qsl(form.get("how", ""))),
    )
    passed = "".join(f" {in_language(f'{number:,} passed over: {why}.')}" for why, number in act.left_out.items())
    way_back = gettext("To undo it, use Undo above the list.")
    messages.success(request, f"{wording.done(act)}.{passed} {way_back}")
    return redirect(_list_url(request, task.slug))


def _list_filters(request: HttpRequest) -> str:
    """Filters that the list was left with, as an address has them; forms carry them in `list`."""
    values = QueryDict(request.POST.get("list", "")) if request.method == "POST" else request.GET
    return urlencode(draft_filters.parse(values, zone=zones.name_for(request)).as_json())


def _list_url(request: HttpRequest, slug: str) -> str:
    return f"{reverse('review:desk-list', args=[slug])}?{_list_filters(request)}".removesuffix("?")


def _preview(
    request: HttpRequest,
    member: Member,
    task: Task,
    *,
    ids: Sequence[UUID],
    how: str,
    reasons: Sequence[Reason],
    submission: BulkVerdict | None,
    refusal: Refusal | None = None,
) -> HttpResponse:
    is_cut = len(ids) > planning.AT_MOST
    ids = list(ids)[: planning.AT_MOST]
    plan = planning.plan(member, task, ids, submission) if submission and ids else None
    context = {
        "task": task,
        "section": "review",
        "refusal": refusal,
        "how": how,
        "list_filters": _list_filters(request),
        "list_url": _list_url(request, task.slug),
        "ids": pack_ids(ids),
        "asked": len(ids),
        "at_most": planning.AT_MOST if is_cut else 0,
        "form": _form(_values(request), reasons),
        "plan": plan,
        "doable": pack_ids(plan.ids) if plan else "",
        "samples": [wording.sample(sample) for sample in plan.samples] if plan else [],
        "left_out": sorted(plan.left_out.items(), key=lambda item: -item[1]) if plan else [],
        "act_words": wording.button(submission.verdict, plan.count) if submission and plan else "",
        "is_typed": bool(plan and submission and submission.verdict == "accept" and plan.count > TYPED_ABOVE),
        "act_id": uuid4(),
    }
    return render(request, "review/bulk/page.html", context, status=refusal.status if refusal else 200)


def _form(values: QueryDict, reasons: Sequence[Reason]) -> dict[str, Any]:
    chosen = values.getlist("reasons")
    return {
        "verdict": values.get("verdict") if values.get("verdict") in bulk_verdict.VERDICTS else "reject",
        "verdicts": wording.VERDICTS,
        "reasons": [
            {"code": reason.code, "label": reason.label, "is_chosen": reason.code in chosen} for reason in reasons
        ],
        **{name: values.get(name, "") for name in ("note", "find", "replace")},
    }
