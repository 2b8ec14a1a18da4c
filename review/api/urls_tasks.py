"""API addresses of tasks."""

from django.urls import URLPattern, path

from review.api import tasks, team

tasks_urls: list[URLPattern] = [
    path("tasks/", tasks.TasksView.as_view(), name="api-tasks"),
    path("tasks/<slug:slug>/", tasks.TaskView.as_view(), name="api-task"),
    path("tasks/<slug:slug>/versions/", tasks.VersionsView.as_view(), name="api-task-versions"),
    path("tasks/<slug:slug>/versions/<int:number>/", tasks.VersionView.as_view(), name="api-task-version"),
    path("tasks/<slug:slug>/team/", team.TeamView.as_view(), name="api-task-team"),
    path("tasks/<slug:slug>/team/<str:username>/", team.TeamMemberView.as_view(), name="api-task-team-member"),
]
