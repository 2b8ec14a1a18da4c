"""Page addresses of the trail, under /settings/audit/."""

from django.urls import path

from audit.browse import pages

app_name = "audit"
urlpatterns = [
    path("", pages.index, name="index"),
    path("audit.csv", pages.csv_file, name="csv"),
]
