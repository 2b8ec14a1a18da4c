"""Addresses of tasks: pages, and the API under /api/v1/."""

from django.urls import URLPattern, path

from review.tasks import api, pages
from review.tasks.service_tokens import api as token_api
from review.tasks.service_tokens import pages as token_pages

task_page_urls: list[URLPattern] = [
    path("tasks/", pages.index, name="tasks"),
    path("tasks/new/", pages.new, name="new"),
    path("tasks/<slug:slug>/", pages.detail, name="task"),
    path("tasks/<slug:slug>/edit/", pages.edit, name="edit"),
    path("tasks/<slug:slug>/team/", pages.change_team, name="team"),
    path("tasks/<slug:slug>/service-tokens/", token_pages.index, name="service-tokens"),
    path("tasks/<slug:slug>/service-tokens/<slug:key>/revoke/", token_pages.revoke, name="service-token-revoke"),
    path("tasks/<slug:slug>/example/", pages.example, name="example"),
    path("tasks/<slug:slug>/versions/<int:number>/", pages.detail, name="version"),
    path("tasks/<slug:slug>/diff/<int:a>/<int:b>/", pages.diff, name="diff"),
]


task_api_urls: list[URLPattern] = [
    path("tasks/", api.TasksView.as_view(), name="api-tasks"),
    path("tasks/<slug:slug>/", api.TaskView.as_view(), name="api-task"),
    path("tasks/<slug:slug>/versions/", api.VersionsView.as_view(), name="api-task-versions"),
    path("tasks/<slug:slug>/versions/<int:number>/", api.VersionView.as_view(), name="api-task-version"),
    path("tasks/<slug:slug>/team/", api.TeamView.as_view(), name="api-task-team"),
    path("tasks/<slug:slug>/team/<str:username>/", api.TeamMemberView.as_view(), name="api-task-team-member"),
    path("tasks/<slug:slug>/service-tokens/", token_api.ServiceTokensView.as_view(), name="api-service-tokens"),
    path(
        "tasks/<slug:slug>/service-tokens/<slug:key>/", token_api.ServiceTokenView.as_view(), name="api-service-token"
    ),
]
