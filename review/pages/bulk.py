"""One verdict for many drafts: a preview that says what would happen and to which, then the act, and its undo."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode
from uuid import UUID, uuid4

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from members.models import Member
from members.session import member_of
from review import bulk_verdict
from review.bulk_verdict import TYPED_ABOVE, BulkVerdict
from review.pages import bulk_words
from review.pages.desk_form import uuid_or_none
from review.pages.packing import packed, unpacked
from review.permissions import require, task_or_404
from review.selectors import bulk, narrowing
from review.selectors.tasks import latest_version
from review.services import bulk as acts
from review.services import bulk_undo
from review.states import Role
from web.errors import Refusal

if TYPE_CHECKING:
    from review.models import Task


@require_http_methods(["GET", "POST"])
def bulk_page(request: HttpRequest, slug: str) -> HttpResponse:
    member = member_of(request)
    task = task_or_404(member, slug)
    require(member, task, Role.REVIEWER)
    values = _values(request)
    refusal = None
    ids, how = _chosen(request.POST) if request.method == "POST" else _matching(member, task, request.GET)
    try:
        said = _said(values, task) if values.get("verdict") else None
        if said and values.get("act"):
            return _carry_out(request, member, task, said)
        return _preview(request, member, task, ids=ids, how=how, said=said)
    except Refusal as error:
        refusal = error
    return _preview(request, member, task, ids=ids, how=how, said=None, refusal=refusal)


@require_POST
def undo(request: HttpRequest, slug: str, act_id: UUID) -> HttpResponse:
    task_or_404(member_of(request), slug)
    undone = bulk_undo.undo(act_id, by=member_of(request))
    words = f"{bulk_words.count(undone.count)} back as before."
    words += "".join(f" {number:,} not: {why}." for why, number in undone.kept.items())
    messages.success(request, words)
    return redirect("review:desk-list", slug)


def _values(request: HttpRequest) -> QueryDict:
    """What the form holds. In an address `verdict` narrows the list, and what is to be said is called `give`."""
    if request.method == "POST":
        return request.POST
    values = request.GET.copy()
    values["verdict"] = values.get("give", "")
    return values


def _chosen(form: QueryDict) -> tuple[list[UUID], str]:
    """The drafts a form names, and how they were found, as an address says it."""
    if ids := form.get("ids"):
        return unpacked(ids), form.get("how", "")
    chosen = [one for each in form.getlist("draft") if (one := uuid_or_none(each))]
    return chosen, urlencode({"chosen": len(chosen)})


def _matching(member: Member, task: Task, address: QueryDict) -> tuple[list[UUID], str]:
    wanted = narrowing.read(address)
    return bulk.matching(member, task, wanted), urlencode(wanted.as_json())


def _said(values: QueryDict, task: Task) -> BulkVerdict | None:
    """The verdict, once all of it is there; until then the form asks on."""
    if values["verdict"] == "reject" and not values.getlist("reasons") and latest_version(task).spec.reasons:
        return None
    if values["verdict"] == "edit" and not values.get("find", "").strip():
        return None
    return bulk_verdict.read({**values.dict(), "reasons": values.getlist("reasons")})


def _carry_out(request: HttpRequest, member: Member, task: Task, said: BulkVerdict) -> HttpResponse:
    form = request.POST
    act_id = uuid_or_none(form.get("act", ""))
    if act_id is None:
        raise Refusal("no_act", "The form names no act.", hint="Load the page again.")
    typed = form.get("typed", "").replace(",", "").strip()
    act = acts.carry_out(
        task, by=member, id=act_id, drafts=unpacked(form.get("doable", "")), said=said, tag=form.get("tag") or None,
        typed=int(typed) if typed.isdecimal() and len(typed) < 9 else None, how=dict(parse_qsl(form.get("how", ""))),
    )  # fmt: skip
    left_out = act.selection.get("left_out", {})
    passed = "".join(f" {number:,} passed over: {why}." for why, number in left_out.items())
    messages.success(request, f"{bulk_words.done(act)}.{passed} Undo stands above the list.")
    return redirect("review:desk-list", task.slug)


def _preview(
    request: HttpRequest,
    member: Member,
    task: Task,
    *,
    ids: Sequence[UUID],
    how: str,
    said: BulkVerdict | None,
    refusal: Refusal | None = None,
) -> HttpResponse:
    is_cut = len(ids) > bulk.AT_MOST
    ids = list(ids)[: bulk.AT_MOST]
    plan = bulk.plan(member, task, ids, said) if said and ids else None
    context = {
        "task": task,
        "section": "review",
        "refusal": refusal,
        "how": how,
        "ids": packed(ids),
        "asked": len(ids),
        "at_most": bulk.AT_MOST if is_cut else 0,
        "form": _form(_values(request), task),
        "plan": plan,
        "doable": packed(plan.ids) if plan else "",
        "samples": [bulk_words.sample(one) for one in plan.samples] if plan else [],
        "left_out": sorted(plan.left_out.items(), key=lambda item: -item[1]) if plan else [],
        "act_words": bulk_words.button(said.verdict, len(plan.ids)) if said and plan else "",
        "is_typed": bool(plan and said and said.verdict == "accept" and len(plan.ids) > TYPED_ABOVE),
        "act_id": uuid4(),
    }
    return render(request, "review/bulk/page.html", context, status=refusal.status if refusal else 200)


def _form(values: QueryDict, task: Task) -> dict[str, Any]:
    chosen = values.getlist("reasons")
    reasons = latest_version(task).spec.reasons
    return {
        "verdict": values.get("verdict") if values.get("verdict") in bulk_verdict.VERDICTS else "reject",
        "verdicts": bulk_words.VERDICTS,
        "reasons": [{"code": one.code, "label": one.label, "is_chosen": one.code in chosen} for one in reasons],
        **{name: values.get(name, "") for name in ("note", "find", "replace")},
    }
