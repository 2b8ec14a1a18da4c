"""Pages of synthetic records: order them with the price before, and see what came of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from generation.money.forms import order_budget_field
from generation.synthetic import launch, take_in
from generation.synthetic import queries as selectors
from generation.synthetic.launch import ABOUT_CHARS, LEAST, MOST, SyntheticRequest
from generation.teachers import queries as teacher_selectors
from generation.teachers.pages import teacher_price_part
from generation.teachers.queries import TeacherLine, choices_of
from members.session import member_of
from review.states import Role
from review.tasks.permissions import may, require, task_or_404
from web.errors import Refusal
from web.http.form_choices import set_choices
from web.http.form_errors import submit
from web.whole_numbers import whole_number

if TYPE_CHECKING:
    from generation.models import Synthesis, Teacher
    from members.models import Member
    from review.models import Task


@require_http_methods(["GET", "HEAD", "POST"])
def synthetic_list(request: HttpRequest, slug: str) -> HttpResponse:
    member, task = member_of(request), task_or_404(member_of(request), slug)
    if request.method == "POST":
        require(member, task, Role.LEAD)
    form, status = SyntheticForm(request.POST or None, lines=teacher_selectors.lines(member)), 200
    if request.method == "POST":
        made, status = submit(form, lambda _: _launch(member, task, form))
        if made is not None:
            return redirect("generation:synthetic", made.pk)
    context = {
        "task": task,
        "section": "sources",
        "form": form,
        "orders": selectors.of_task(member, task)[: selectors.LISTED],
        "may_lead": may(member, task, Role.LEAD),
        "can_ask": bool(form.fields["teacher"].choices),  # type: ignore[attr-defined]
    }
    return render(request, "generation/synthetic.html", context, status=status)


@require_POST
def price(request: HttpRequest, slug: str) -> HttpResponse:
    member = member_of(request)
    task = task_or_404(member, slug, least=Role.LEAD)

    def quoted(teacher: Teacher) -> dict[str, Any]:
        return {"quoted": launch.quote(task, priced_request(request.POST.dict()), teacher=teacher, by=member)}

    return teacher_price_part(request, "generation/_synthetic_price.html", task, quoted)


@require_safe
def synthetic_page(request: HttpRequest, synthesis_id: UUID) -> HttpResponse:
    made = selectors.get(member_of(request), synthesis_id)
    context = {
        "task": made.task,
        "section": "sources",
        "made": made,
        "job": made.order.job,
        "is_taken_in": bool(made.added or made.dropped or made.problem),
        "sources": selectors.sources_of(made),
        "drops": selectors.drop_lines(made),
        "may_take_in": selectors.may_take_in(member_of(request), made),
    }
    return render(request, "generation/synthetic_order.html", context)


@require_POST
def take_in_again(request: HttpRequest, synthesis_id: UUID) -> HttpResponse:
    made = selectors.get(member_of(request), synthesis_id)
    try:
        taken = take_in.take_in_again(made, by=member_of(request))
    except Refusal as refusal:
        messages.error(request, f"{refusal.message} {refusal.hint}".strip())
    else:
        added = taken.added - made.added
        # What stands in the way is told on the page itself.
        if added or not taken.problem:
            messages.success(request, f"{added} record{'' if added == 1 else 's'} came in.")
    return redirect("generation:synthetic", made.pk)


def _launch(member: Member, task: Task, form: SyntheticForm) -> Synthesis:
    teacher = teacher_selectors.teacher_or_404(member, form.cleaned_data["teacher"])
    return launch.launch(task, form.request(), teacher=teacher, by=member)


_ATTRIBUTES_HELP = (
    "One a line: a name, a colon, values with commas between them. One that is called like a fact decides that fact."
)


class SyntheticForm(forms.Form):
    """Number of records, their teacher, and what varies."""

    teacher = forms.ChoiceField(label="Teacher", help_text="The model that makes them up.")
    count = forms.IntegerField(
        label="Records",
        min_value=LEAST,
        max_value=MOST,
        initial=50,
        help_text="Near-duplicates are dropped, so fewer remain.",
    )
    max_cost_usd = order_budget_field()
    about = forms.CharField(
        label="What they are about",
        required=False,
        max_length=ABOUT_CHARS,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="What is not in the task: who writes, about what, what is common and what is rare.",
    )
    attributes = forms.CharField(
        label="What varies",
        required=False,
        max_length=20_000,
        widget=forms.Textarea(
            attrs={"rows": 4, "spellcheck": "false", "placeholder": "product: kettle, toaster, lamp"}
        ),
        help_text=_ATTRIBUTES_HELP,
    )

    def __init__(self, data: Mapping[str, Any] | None = None, *, lines: Sequence[TeacherLine], **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        set_choices(self, "teacher", choices_of(line for line in lines if line.can_be_asked_anything))

    def request(self) -> SyntheticRequest:
        values = self.cleaned_data
        return SyntheticRequest(
            values["count"], values["about"], attribute_lines(values["attributes"]), values.get("max_cost_usd")
        )


def priced_request(values: Mapping[str, str]) -> SyntheticRequest:
    """Read a form that is still being filled in; the budget does not change the price."""
    number = whole_number(values.get("count", ""), otherwise=0)
    return SyntheticRequest(number, values.get("about", ""), attribute_lines(values.get("attributes", "")), Decimal(0))


def attribute_lines(text: str) -> dict[str, list[str]]:
    """Values by name; a line without a colon has none, which is refused by its name."""
    attributes: dict[str, list[str]] = {}
    for line in filter(None, map(str.strip, text.splitlines())):
        name, _, values = line.partition(":")
        parted = [value.strip() for value in values.split("|" if "|" in values else ",")]
        attributes.setdefault(name.strip(), []).extend(dict.fromkeys(filter(None, parted)))
    return attributes
