"""The lead's page of acceptance without a person: try it, see what the audit says, end it, recall what was accepted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from generation.judges.acceptance import act, evidence
from generation.judges.rubric import PROMPT_VERSION
from members.session import member_of
from review.states import Role
from review.tasks.permissions import task_or_404
from review.tasks.queries import latest_version
from stats import risk_control
from web.errors import Refusal
from web.http.form_choices import set_choices
from web.http.form_errors import add_refusal

if TYPE_CHECKING:
    from generation.models import Teacher
    from review.models import AcceptanceRule, Task

_LISTED = 20


def _percent(label: str, limits: tuple[float, float], initial: float, help_text: str) -> forms.FloatField:
    low, high = limits
    return forms.FloatField(
        label=label, min_value=low * 100, max_value=high * 100, initial=initial * 100, help_text=help_text
    )


class AcceptanceForm(forms.Form):
    judge = forms.ChoiceField(help_text="It has read drafts of the latest task version.")
    share = _percent("Of what it passes, %", act.SHARES, act.SHARE, "The drafts that it is surest of.")
    bound = _percent("At most wrong, %", act.BOUNDS, act.BOUND, "Of what it accepts; with 95 % confidence.")
    audit_share = _percent(
        "Audited, %",
        act.AUDIT_SHARES,
        act.AUDIT_SHARE,
        "Drawn by lot and judged by experts, who do not know which these are.",
    )

    def __init__(self, data: Any = None, *, judges: Sequence[Teacher]) -> None:
        super().__init__(data)
        set_choices(self, "judge", [(judge.slug, judge.name) for judge in judges])


@require_http_methods(["GET", "HEAD", "POST"])
def acceptance(request: HttpRequest, slug: str) -> HttpResponse:
    member = member_of(request)
    task = task_or_404(member, slug, least=Role.LEAD)
    judges = evidence.judges_of(task)
    starts = request.method == "POST" and request.POST.get("act") == "start"
    form, refusal = AcceptanceForm(request.POST if starts else None, judges=judges), None
    if request.method == "POST":
        try:
            if done := _carry_out(request, task, form, judges):
                messages.success(request, done)
                return redirect("generation:acceptance", slug)
        except Refusal as error:
            refusal = error
            if starts:
                add_refusal(form, error)
    rule = evidence.active(task)
    context = {
        "task": task,
        "section": "review",
        "form": form,
        "refusal": refusal if refusal and not starts else None,
        "rule": rule,
        "audit": evidence.audit_of(rule) if rule else None,
        "missing": _missing(rule) if rule and not rule.is_borne_out else 0,
        "most_unread": act.MOST_UNREAD,
        "rules": [(entry, evidence.standing(entry)) for entry in evidence.rules_of(task)[:_LISTED]],
        "judges": [_line(task, judge) for judge in judges],
    }
    status = refusal.status if refusal else 400 if starts else 200
    return render(request, "generation/acceptance.html", context, status=status)


def _carry_out(request: HttpRequest, task: Task, form: AcceptanceForm, judges: Sequence[Teacher]) -> str:
    """Do what the button says; returns a message, empty where the form has mistakes."""
    member = member_of(request)
    if request.POST.get("act") == "end":
        act.end(task, by=member)
        return "The judge accepts no more drafts. What it accepted stays accepted until you recall it."
    if request.POST.get("act") != "start":
        raise Refusal("no_act", "Nothing was changed.", hint="Press one of the buttons.")
    if not form.is_valid():
        return ""
    values = form.cleaned_data
    judge = next(judge for judge in judges if judge.slug == values["judge"])
    shares = {name: values[name] / 100 for name in ("share", "bound", "audit_share")}
    return _told(act.start(task, judge, by=member, **shares))


def _told(rule: AcceptanceRule) -> str:
    if not rule.is_active:
        return rule.ended_why
    if not rule.is_borne_out:
        return f"It accepts once verdicts confirm it: at least {_missing(rule):,} more are needed."
    count = evidence.standing(rule)
    return (
        f"{count:,} draft{'s' * (count != 1)} accepted. The judge continues with the drafts that it reads from now on."
    )


def _missing(rule: AcceptanceRule) -> int:
    return risk_control.further_needed(rule.wrong, rule.of, rule.bound, error=act.error_of(rule.attempt))


def _line(task: Task, judge: Teacher) -> dict[str, Any]:
    """Judge with its counts of verdicts; their outcome stays hidden until then."""
    word = evidence.Word(judge.slug, judge.model, PROMPT_VERSION, latest_version(task))
    error = act.error_of(evidence.attempts(word) + 1)
    verdicts = len(evidence.known(task, word).scores)
    return {
        "name": judge.name,
        "verdicts": verdicts,
        "needed": risk_control.further_needed(0, 0, act.BOUND, error=error),
    }
