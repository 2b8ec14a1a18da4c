"""Pages of a judge's verdicts and comparisons: order them with the price before, and read what they come to."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from generation.judges import figures, launch, pairs
from generation.judges import queries as selectors
from generation.judges.launch import MOST_TEXTS, VERDICTS, Origin, Subject
from generation.judges.pairs import MOST_PAIRS, Subjects
from generation.money.forms import order_budget_field
from generation.orders import queries as orders_queries
from generation.teachers import queries as teacher_selectors
from generation.teachers.pages import teacher_price_part
from generation.teachers.queries import TeacherLine, choices_of
from jobs.states import FINISHED
from members.session import member_of
from review.sources.judge_records import queries as judge_records
from review.spec.readable import readable
from review.states import Role
from review.tasks.permissions import may, require, task_or_404
from web.http.form_choices import set_choices
from web.http.form_errors import submit
from web.http.pagination import numbered_page
from web.whole_numbers import whole_number

if TYPE_CHECKING:
    from generation.models import Judging, Teacher
    from review.models import Task
    from review.spec.schema import Fields
    from review.spec.task_spec import TaskSpec


_ROWS_A_PAGE = 10


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
    member = member_of(request)
    task = task_or_404(member, slug)
    return subject_page(
        request,
        launch.of_desk(task),
        section="review",
        price_url=reverse("generation:judge-desk-price", args=[slug]),
        may_train=may(member, task, Role.LEAD) and judge_records.may_be_judged(task),
        judge_task=judge_records.judge_task_of(task, by=member),
    )


@require_POST
def price_of_desk(request: HttpRequest, slug: str) -> HttpResponse:
    return price_part(request, launch.of_desk(task_or_404(member_of(request), slug)))


def subject_page(request: HttpRequest, subject: Subject, **context: Any) -> HttpResponse:
    member = member_of(request)
    lines = teacher_selectors.judge_lines_for(member, subject.version.task)

    def launched(judge: Teacher, values: dict[str, Any]) -> Judging:
        return launch.launch_drawn(
            subject, values["texts"], judge=judge, by=member, max_cost_usd=values["max_cost_usd"]
        )

    return _order_page(request, subject, JudgeForm(request.POST or None, lines=lines), launched, **context)


def comparison_page(
    request: HttpRequest, task: Task, subjects: Subjects, systems: Mapping[str, str], **context: Any
) -> HttpResponse:
    member = member_of(request)
    form = PairForm(request.POST or None, lines=teacher_selectors.lines_for(member, task), systems=systems)

    def launched(judge: Teacher, values: dict[str, Any]) -> Judging:
        subject = subjects(values["first"], values["second"])
        drawn = subject.pairs(values["pairs"])
        return pairs.launch(subject, drawn, judge=judge, by=member, max_cost_usd=values["max_cost_usd"])

    return _order_page(request, subjects("", ""), form, launched, compares=True, **context)


def _order_page(
    request: HttpRequest,
    origin: Origin,
    form: JudgeForm | PairForm,
    launched: Callable[[Teacher, dict[str, Any]], Judging],
    **context: Any,
) -> HttpResponse:
    member, task, status = member_of(request), origin.version.task, 200
    if request.method == "POST":
        require(member, task, Role.LEAD)
        judging, status = submit(
            form, lambda values: launched(teacher_selectors.teacher_or_404(member, values["teacher"]), values)
        )
        if judging is not None:
            return redirect("generation:judging", judging.pk)
    context |= {
        "task": task,
        "subject": origin,
        "form": form,
        "judgings": selectors.of_task(member, task, subject_id=origin.pk)[: selectors.LISTED],
        "may_lead": may(member, task, Role.LEAD),
        "can_ask": bool(form.fields["teacher"].choices),  # type: ignore[attr-defined]
    }
    return render(request, "generation/judge.html", context, status=status)


def price_part(request: HttpRequest, subject: Subject) -> HttpResponse:
    def quoted(judge: Teacher, count: int) -> dict[str, Any]:
        texts = subject.texts_for(judge, count)
        judged = sum(text.expert_passes is not None for text in texts)
        return {"quoted": launch.quote(subject, texts, judge=judge, by=member_of(request)), "known": judged}

    return _price_part(request, subject.version.task, request.POST.get("texts", ""), quoted)


def comparison_price_part(request: HttpRequest, task: Task, subjects: Subjects) -> HttpResponse:
    def quoted(judge: Teacher, count: int) -> dict[str, Any]:
        subject = subjects(request.POST.get("first", ""), request.POST.get("second", ""))
        drawn = subject.pairs(min(count, pairs.MOST_PAIRS))
        return {"quoted": pairs.quote(subject, drawn, judge=judge, by=member_of(request)), "compares": True}

    return _price_part(request, task, request.POST.get("pairs", ""), quoted)


def _price_part(
    request: HttpRequest, task: Task, count: str, quoted: Callable[[Teacher, int], dict[str, Any]]
) -> HttpResponse:
    number = count_in(count)
    return teacher_price_part(
        request, "generation/_judging_price.html", task, lambda judge: quoted(judge, number) if number else {}
    )


@require_safe
def judging_page(request: HttpRequest, judging_id: UUID) -> HttpResponse:
    member = member_of(request)
    judging = selectors.get(member, judging_id)
    context = {
        "task": judging.task,
        "section": "evaluation",
        "judging": judging,
        "job": judging.order.job,
        "is_over": judging.order.job is None or judging.order.job.state in FINISHED,
        "are_hidden": not orders_queries.may_see_writers(member, judging.task),
    }
    if judging.is_pairwise:
        return render(request, "generation/judging_pairs.html", context | _comparisons(request, judging))
    return render(request, "generation/judging.html", context | _verdicts(request, judging))


def _verdicts(request: HttpRequest, judging: Judging) -> dict[str, Any]:
    member, differing = member_of(request), request.GET.get("show") != "all"
    texts = selectors.texts(member, judging, differing=differing)
    page = numbered_page(texts, request.GET.get("page"), size=_ROWS_A_PAGE)
    report = figures.report(judging, with_shares=selectors.may_see_shares(member, judging))
    spec = judging.order.task_version.spec
    return {
        "report": report,
        "lines": [report.whole, *report.requirements],
        "by_others": any(group.corrected and not group.by_own for group in report.groups),
        "differing": differing,
        "is_partial": not selectors.may_see_all(member, judging),
        "page": page,
        "texts": [(text, _in_words(spec, text.fields)) for text in page],
    }


def _comparisons(request: HttpRequest, judging: Judging) -> dict[str, Any]:
    page = numbered_page(selectors.pairs(member_of(request), judging), request.GET.get("page"), size=_ROWS_A_PAGE)
    spec = judging.order.task_version.spec
    return {
        "report": figures.pair_report(judging),
        "page": page,
        "pairs": [(pair, _in_words(spec, pair.first_fields), _in_words(spec, pair.second_fields)) for pair in page],
    }


def _in_words(spec: TaskSpec, fields: Fields) -> str:
    return readable(spec, fields) if fields else "Erased."


class JudgeForm(forms.Form):
    """Judge, number of texts, and most money of an order."""

    teacher = forms.ChoiceField(
        label="Judge",
        help_text="A model of another family than the one that wrote the drafts, or a miniature trained to judge them.",
    )
    texts = forms.IntegerField(
        label="Texts",
        min_value=1,
        max_value=MOST_TEXTS,
        initial=VERDICTS,
        help_text="Drawn at random, plus drafts that experts judged.",
    )
    max_cost_usd = order_budget_field()

    def __init__(self, data: Mapping[str, Any] | None = None, *, lines: Sequence[TeacherLine], **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        set_choices(self, "teacher", choices_of(line for line in lines if line.can_be_asked))


class PairForm(forms.Form):
    """Judge, systems, number of records, and most money of a comparison."""

    teacher = forms.ChoiceField(label="Judge", help_text="A model of another family than those that wrote the answers.")
    first = forms.ChoiceField(label="One system")
    second = forms.ChoiceField(label="The other")
    pairs = forms.IntegerField(
        label="Pairs",
        min_value=1,
        max_value=MOST_PAIRS,
        initial=100,
        help_text="Records drawn at random. The judge compares each pair twice, in both orders.",
    )
    max_cost_usd = order_budget_field()

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        lines: Sequence[TeacherLine],
        systems: Mapping[str, str],
        **kwargs: Any,
    ) -> None:
        super().__init__(data, **kwargs)
        set_choices(self, "teacher", choices_of(line for line in lines if line.can_be_asked_anything))
        for name in ("first", "second"):
            set_choices(self, name, list(systems.items()))
        self.fields["second"].initial = list(systems)[-1] if systems else None


def count_in(count: str) -> int:
    """Read the number in a form that is still being filled in; 0 for one that cannot be ordered."""
    number = whole_number(count, otherwise=0)
    return number if number <= MOST_TEXTS else 0
