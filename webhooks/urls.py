"""Page addresses of webhooks, under /settings/webhooks/."""

from django.urls import path

from webhooks import views

app_name = "webhooks"
urlpatterns = [
    path("", views.index, name="index"),
    path("<uuid:hook_id>/", views.detail, name="detail"),
    path("<uuid:hook_id>/act/", views.act, name="act"),
]
