"""Page addresses of jobs."""

from django.urls import path

from jobs import views

app_name = "jobs"
urlpatterns = [
    path("", views.index, name="list"),
    path("events/", views.events_of_many, name="events_of_many"),
    path("halt/", views.halt_page, name="halt"),
    path("hosts/", views.hosts_page, name="hosts"),
    path("<uuid:job_id>/priority/", views.priority, name="priority"),
    path("<uuid:job_id>/", views.detail, name="detail"),
    path("<uuid:job_id>/events/", views.events, name="events"),
    path("<uuid:job_id>/<str:verb>/", views.steer, name="steer"),
]
