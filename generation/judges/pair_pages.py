"""Pages of a judge's comparisons: order them with the price before, and read what they come to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from generation.judges import pair_figures, pairs
from generation.judges import queries as selectors
from generation.judges.forms import PairForm, texts_in
from generation.judges.pairs import PairSubject
from generation.teachers import queries as teacher_selectors
from jobs.states import FINISHED
from members.session import member_of
from review.spec.readable import readable
from review.states import Role
from review.tasks.permissions import may, require
from web.errors import Refusal
from web.http.form_errors import add_refusal
from web.http.pagination import numbered_page

if TYPE_CHECKING:
    from generation.models import Judging
    from review.models import Task

_PAIRS_A_PAGE = 10
# Two systems of a subject, by their names.
Subjects = Callable[[str, str], PairSubject]


def order_page(
    request: HttpRequest, task: Task, subjects: Subjects, systems: Sequence[str], **context: Any
) -> HttpResponse:
    member = member_of(request)
    form = PairForm(request.POST or None, lines=teacher_selectors.lines_for(member, task), systems=systems)
    subject, status = subjects("", ""), 200
    if request.method == "POST":
        require(member, task, Role.LEAD)
        made, status = _launch(request, subjects, form)
        if made is not None:
            return redirect("generation:judging", made.pk)
    return render(
        request,
        "generation/judge.html",
        {
            "task": task,
            "subject": subject,
            "form": form,
            "compares": True,
            "judgings": selectors.of_task(member, task, subject_id=subject.pk)[: selectors.LISTED],
            "may_lead": may(member, task, Role.LEAD),
            "can_ask": bool(form.fields["teacher"].choices),  # type: ignore[attr-defined]
            **context,
        },
        status=status,
    )


def price_part(request: HttpRequest, task: Task, subjects: Subjects) -> HttpResponse:
    member = member_of(request)
    require(member, task, Role.LEAD)
    context: dict[str, Any] = {"task": task, "compares": True}
    try:
        given = request.POST.dict()
        chosen, count = given.get("teacher", ""), min(texts_in({"texts": given.get("pairs", "")}), pairs.MOST_PAIRS)
        if chosen and count:
            subject = subjects(given.get("first", ""), given.get("second", ""))
            judge = teacher_selectors.teacher_or_404(member, chosen)
            context["quoted"] = pairs.quote(subject, subject.pairs(count), judge=judge, by=member)
    except Refusal as refusal:
        context["no_quote"] = refusal
    return render(request, "generation/_judging_price.html", context)


def comparison_page(request: HttpRequest, judging: Judging) -> HttpResponse:
    page = numbered_page(selectors.pairs(member_of(request), judging), request.GET.get("page"), size=_PAIRS_A_PAGE)
    spec = judging.order.task_version.spec
    context = {
        "task": judging.task,
        "section": "evaluation",
        "judging": judging,
        "job": judging.order.job,
        "is_over": judging.order.job is None or judging.order.job.state in FINISHED,
        "report": pair_figures.report(judging),
        "page": page,
        "are_hidden": not selectors.may_see_writers(member_of(request), judging.task),
        "pairs": [
            (pair, *(readable(spec, text) if text else "Erased." for text in (pair.first_fields, pair.second_fields)))
            for pair in page
        ],
    }
    return render(request, "generation/judging_pairs.html", context)


def _launch(request: HttpRequest, subjects: Subjects, form: PairForm) -> tuple[Judging | None, int]:
    if not form.is_valid():
        return None, 400
    member, said = member_of(request), form.cleaned_data
    try:
        judge = teacher_selectors.teacher_or_404(member, said["teacher"])
        subject = subjects(said["first"], said["second"])
        compared = subject.pairs(said["pairs"])
        return pairs.launch(subject, compared, judge=judge, by=member, max_cost_usd=said["max_cost_usd"]), 302
    except Refusal as refusal:
        add_refusal(form, refusal)
        return None, refusal.status
