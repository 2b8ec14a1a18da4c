"""Home: what is going on, and the next act."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from members.session import member_of
from miniatures_site import selectors, shell
from review.permissions import tasks_for


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    member = member_of(request)
    tasks = list(tasks_for(member)[: shell.TASKS_IN_SWITCHER])
    shown = selectors.home(member, shell.last_in_hand(request, tasks))
    return render(request, "home.html", {"section": "home", **shown})
