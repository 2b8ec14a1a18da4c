"""Page addresses of tasks."""

from django.urls import URLPattern, path

from review.pages import task_edit, tasks, team

tasks_urls: list[URLPattern] = [
    path("tasks/", tasks.index, name="tasks"),
    path("tasks/new/", tasks.new, name="new"),
    path("tasks/<slug:slug>/", tasks.detail, name="task"),
    path("tasks/<slug:slug>/edit/", task_edit.edit, name="edit"),
    path("tasks/<slug:slug>/team/", team.change, name="team"),
    path("tasks/<slug:slug>/example/", task_edit.example, name="example"),
    path("tasks/<slug:slug>/versions/<int:number>/", tasks.detail, name="version"),
    path("tasks/<slug:slug>/diff/<int:a>/<int:b>/", tasks.diff, name="diff"),
]
