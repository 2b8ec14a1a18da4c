"""Page addresses of webhooks, under /settings/webhooks/."""

from django.urls import path

from webhooks.manage import pages

app_name = "webhooks"
urlpatterns = [
    path("", pages.index, name="index"),
    path("<uuid:hook_id>/", pages.detail, name="detail"),
    path("<uuid:hook_id>/act/", pages.act, name="act"),
]
