"""The list of a task's drafts: searched, narrowed, and a place to choose many from."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from members.session import member_of
from review.pages import bulk_words
from review.permissions import may, task_or_404
from review.selectors import bulk, listing, narrowing, rulings
from review.selectors.narrowing import Wanted
from review.states import Role

# The first of the filters stand beside the search box, the others behind a click.
IN_SIGHT = 3


@require_GET
def list_page(request: HttpRequest, slug: str) -> HttpResponse:
    member = member_of(request)
    task = task_or_404(member, slug)
    wanted = narrowing.read(request.GET)
    page = listing.page(member, task, wanted, cursor=request.GET.get("after", ""))
    filters = listing.filters(member, task, wanted)
    context = {
        "task": task,
        "section": "review",
        "page": page,
        "lines": listing.lines(page.rows, wanted, member=member, task=task),
        "wanted": wanted,
        "filters_in_sight": filters[:IN_SIGHT],
        "filters_behind": filters[IN_SIGHT:],
        "is_open": any(each.chosen for each in filters[IN_SIGHT:]),
        "chips": _chips(filters, wanted),
        "address": urlencode(wanted.as_json()),
        "may_review": may(member, task, Role.REVIEWER),
        "waiting": rulings.waiting_for(member, task),
        "acts": [bulk_words.act(each) for each in bulk.latest(member, task)],
    }
    return render(request, "review/desk/list.html", context)


def _chips(filters: list[listing.Filter], wanted: Wanted) -> list[dict[str, Any]]:
    """What is chosen, each with the address of the list without it."""
    set_ = [("q", "Words", wanted.words)] if wanted.words else []
    set_ += [(each.name, each.label, each.words) for each in filters if each.chosen]
    # An address may hold a filter that is not offered to this member; it narrows all the same, so it is shown.
    offered = {each.name for each in filters}
    set_ += [(name, name.capitalize(), value) for name, value in wanted.chosen.items() if name not in offered]
    everything = wanted.as_json()
    return [
        {
            "label": label,
            "words": words,
            "without": urlencode({key: value for key, value in everything.items() if key != name}),
        }
        for name, label, words in set_
    ]
