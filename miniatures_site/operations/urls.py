"""Page addresses of operations."""

from django.urls import path

from miniatures_site.operations import pages

app_name = "operations"
urlpatterns = [
    path("", pages.index, name="index"),
    path("retry/", pages.retry_kind, name="retry_kind"),
    path("retry/<uuid:job_id>/", pages.retry_job, name="retry"),
]
