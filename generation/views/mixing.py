"""The part of the launch form that varies an order, as the pages of orders use it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest, QueryDict

from generation.mix_form import MixForm
from generation.selectors import variety as selectors
from generation.selectors.teachers import TeacherLine
from generation.services.variety import asked
from generation.services.variety.wishes import MixWish
from members.session import member_of
from review.selectors.tasks import latest_version
from web.errors import Refusal

NAMED = ("share.", "temperatures.")


def form_of(task: Any, lines: Sequence[TeacherLine], *, data: QueryDict | None, initial: dict[str, str]) -> MixForm:
    """The form, with what the task version and the installation offer."""
    return MixForm(
        data, lines=lines, gold_sets=selectors.gold_sets(task), spec=latest_version(task).spec, initial=initial
    )


def said_in(given: QueryDict) -> dict[str, str]:
    """What a query or a post says of the mix, blanks left out."""
    names = [name for name in given if name in MixForm.base_fields or name.startswith(NAMED)]
    return {name: str(given[name]) for name in names if given[name]}


def wish_of(request: HttpRequest, task: Any, form: MixForm) -> MixWish:
    """The mix that a form asks for.

    Raises:
        Refusal: `mix`, something in it cannot be read; why stands beside its field.
    """
    if not form.is_valid():
        text = next(iter(form.errors.values()))[0]
        raise Refusal("mix", str(text), hint="Look at how the drafts are to differ.")
    return asked.wish(member_of(request), task, form.said())
