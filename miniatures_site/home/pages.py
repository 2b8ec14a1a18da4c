"""Home: what is going on, and the next act."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from members.session import member_of
from miniatures_site.frame import navigation
from miniatures_site.home import queries
from review.tasks.permissions import tasks_for
from web import zones


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    member = member_of(request)
    tasks = list(tasks_for(member)[: navigation.TASKS_IN_SWITCHER])
    overview = queries.overview(member, navigation.current_task(request, tasks), since=zones.start_of_today(request))
    return render(request, "home.html", {"section": "home", **overview})
