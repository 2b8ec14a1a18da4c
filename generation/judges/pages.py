"""Pages of judges' verdicts: give texts to a judge with the price before, and read what its verdicts come to."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from generation.judges import figures, launch, pair_pages
from generation.judges import queries as selectors
from generation.judges.forms import JudgeForm, texts_in
from generation.judges.launch import Subject
from generation.orders import queries as orders_queries
from generation.teachers import queries as teacher_selectors
from jobs.states import FINISHED
from members.session import member_of
from review.sources.judge_records import queries as judge_records
from review.spec.readable import readable
from review.states import Role
from review.tasks.permissions import may, require, task_or_404
from web.errors import Refusal
from web.http.form_errors import add_refusal
from web.http.pagination import numbered_page

_TEXTS_A_PAGE = 10


@require_http_methods(["GET", "HEAD", "POST"])
def of_order(request: HttpRequest, order_id: UUID) -> HttpResponse:
    order = orders_queries.get(member_of(request), order_id)
    price_url = reverse("generation:judge-order-price", args=[order.pk])
    return subject_page(request, launch.of_order(order), section="generation", price_url=price_url)


@require_POST
def price_of_order(request: HttpRequest, order_id: UUID) -> HttpResponse:
    return price_part(request, launch.of_order(orders_queries.get(member_of(request), order_id)))


@require_http_methods(["GET", "HEAD", "POST"])
def of_desk(request: HttpRequest, slug: str) -> HttpResponse:
    subject = launch.of_desk(task_or_404(member_of(request), slug))
    price_url = reverse("generation:judge-desk-price", args=[slug])
    return subject_page(request, subject, section="review", price_url=price_url, **_training(request, slug))


def _training(request: HttpRequest, slug: str) -> dict[str, Any]:
    member = member_of(request)
    task = task_or_404(member, slug)
    is_offered = may(member, task, Role.LEAD) and judge_records.may_be_judged(task)
    return {"may_train": is_offered, "judge_task": judge_records.judge_task_of(task, by=member)}


@require_POST
def price_of_desk(request: HttpRequest, slug: str) -> HttpResponse:
    return price_part(request, launch.of_desk(task_or_404(member_of(request), slug)))


@require_safe
def judging_page(request: HttpRequest, judging_id: UUID) -> HttpResponse:
    member = member_of(request)
    judging = selectors.get(member, judging_id)
    if judging.is_pairwise:
        return pair_pages.comparison_page(request, judging)
    differing = request.GET.get("show") != "all"
    page = numbered_page(
        selectors.texts(member, judging, differing=differing), request.GET.get("page"), size=_TEXTS_A_PAGE
    )
    with_shares = selectors.may_see_shares(member, judging)
    report, spec = figures.report(judging, with_shares=with_shares), judging.order.task_version.spec
    context = {
        "task": judging.task,
        "section": "evaluation",
        "judging": judging,
        "job": judging.order.job,
        "is_over": judging.order.job is None or judging.order.job.state in FINISHED,
        "report": report,
        "lines": [report.whole, *report.requirements],
        "by_others": any(group.corrected and not group.by_own for group in report.groups),
        "differing": differing,
        "is_partial": not selectors.may_see_all(member, judging),
        "are_hidden": not selectors.may_see_writers(member, judging.task),
        "page": page,
        "texts": [(text, readable(spec, text.fields) if text.fields else "Erased.") for text in page],
    }
    return render(request, "generation/judging.html", context)


def subject_page(request: HttpRequest, subject: Subject, *, section: str, price_url: str, **more: Any) -> HttpResponse:
    member, task = member_of(request), subject.version.task
    form, status = JudgeForm(request.POST or None, lines=teacher_selectors.judge_lines_for(member, task)), 200
    if request.method == "POST":
        require(member, task, Role.LEAD)
        made, status = _launch(request, subject, form)
        if made is not None:
            return redirect("generation:judging", made.pk)
    context = {
        "task": task,
        "section": section,
        "subject": subject,
        "form": form,
        "price_url": price_url,
        **more,
        "judgings": selectors.of_task(member, task, subject_id=subject.pk)[: selectors.LISTED],
        "may_lead": may(member, task, Role.LEAD),
        "can_ask": bool(form.fields["teacher"].choices),  # type: ignore[attr-defined]
    }
    return render(request, "generation/judge.html", context, status=status)


def price_part(request: HttpRequest, subject: Subject) -> HttpResponse:
    member = member_of(request)
    require(member, subject.version.task, Role.LEAD)
    context: dict[str, Any] = {"task": subject.version.task}
    try:
        chosen, count = request.POST.get("teacher", ""), texts_in(request.POST.dict())
        if chosen and count:
            teacher = teacher_selectors.teacher_or_404(member, chosen)
            texts = subject.texts_for(teacher, count)
            context["quoted"] = launch.quote(subject, texts, judge=teacher, by=member)
            context["known"] = sum(text.expert_passes is not None for text in texts)
    except Refusal as refusal:
        context["no_quote"] = refusal
    return render(request, "generation/_judging_price.html", context)


def _launch(request: HttpRequest, subject: Subject, form: JudgeForm) -> tuple[Any, int]:
    if not form.is_valid():
        return None, 400
    member, said = member_of(request), form.cleaned_data
    try:
        judge = teacher_selectors.teacher_or_404(member, said["teacher"])
        texts, left_out = subject.texts_for(judge, said["texts"]), subject.without_shape(said["texts"])
        budget = said["max_cost_usd"]
        return launch.launch(subject, texts, judge=judge, by=member, max_cost_usd=budget, without_shape=left_out), 302
    except Refusal as refusal:
        add_refusal(form, refusal)
        return None, refusal.status
