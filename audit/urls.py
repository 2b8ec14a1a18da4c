"""Page addresses of the trail, under /settings/audit/."""

from django.urls import path

from audit import views

app_name = "audit"
urlpatterns = [
    path("", views.index, name="index"),
    path("audit.csv", views.csv_file, name="csv"),
]
