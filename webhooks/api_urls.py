"""API addresses of webhooks, under /api/v1/."""

from django.urls import path

from webhooks import api

urlpatterns = [
    path("webhooks/", api.Hooks.as_view(), name="api-webhooks"),
    path("webhooks/<uuid:hook_id>/", api.HookDetail.as_view(), name="api-webhook"),
    path("webhooks/<uuid:hook_id>/deliveries/", api.Deliveries.as_view(), name="api-webhook-deliveries"),
    path("webhooks/<uuid:hook_id>/replay/", api.Replay.as_view(), name="api-webhook-replay"),
    path("webhooks/<uuid:hook_id>/test/", api.Test.as_view(), name="api-webhook-test"),
]
