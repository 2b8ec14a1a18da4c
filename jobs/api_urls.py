"""API addresses of jobs, under /api/v1/."""

from django.urls import path

from jobs.monitor import api

urlpatterns = [
    path("jobs/", api.JobListView.as_view(), name="job-list"),
    path("jobs/<uuid:job_id>/", api.JobView.as_view(), name="job-detail"),
    path("jobs/<uuid:job_id>/events/", api.JobEventsView.as_view(), name="job-events"),
    path("jobs/<uuid:job_id>/pause/", api.PauseJobView.as_view(), name="job-pause"),
    path("jobs/<uuid:job_id>/resume/", api.ResumeJobView.as_view(), name="job-resume"),
    path("jobs/<uuid:job_id>/priority/", api.JobPriorityView.as_view(), name="job-priority"),
    path("halt/", api.HaltView.as_view(), name="api-halt"),
    path("hosts/", api.HostListView.as_view(), name="host-list"),
    path("jobs/<uuid:job_id>/cancel/", api.CancelJobView.as_view(), name="job-cancel"),
]
