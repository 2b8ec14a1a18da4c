"""Page addresses of jobs."""

from django.urls import path

from jobs.monitor import pages

app_name = "jobs"
urlpatterns = [
    path("", pages.job_list, name="list"),
    path("events/", pages.events_of_jobs, name="events_of_many"),
    path("halt/", pages.halt_page, name="halt"),
    path("hosts/", pages.hosts_page, name="hosts"),
    path("<uuid:job_id>/priority/", pages.priority, name="priority"),
    path("<uuid:job_id>/", pages.job_page, name="detail"),
    path("<uuid:job_id>/events/", pages.job_events, name="events"),
    path("<uuid:job_id>/<str:verb>/", pages.steer, name="steer"),
]
