"""API addresses of jobs, under /api/v1/."""

from django.urls import path

from jobs import api

urlpatterns = [
    path("jobs/", api.JobList.as_view(), name="job-list"),
    path("jobs/<uuid:job_id>/", api.JobDetail.as_view(), name="job-detail"),
    path("jobs/<uuid:job_id>/events/", api.JobEvents.as_view(), name="job-events"),
    path("jobs/<uuid:job_id>/pause/", api.JobPause.as_view(), name="job-pause"),
    path("jobs/<uuid:job_id>/resume/", api.JobResume.as_view(), name="job-resume"),
    path("jobs/<uuid:job_id>/priority/", api.JobPriority.as_view(), name="job-priority"),
    path("halt/", api.Halts.as_view(), name="api-halt"),
    path("hosts/", api.Hosts.as_view(), name="host-list"),
    path("jobs/<uuid:job_id>/cancel/", api.JobCancel.as_view(), name="job-cancel"),
]
