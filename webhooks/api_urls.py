"""API addresses of webhooks, under /api/v1/."""

from django.urls import path

from webhooks.manage import api

urlpatterns = [
    path("webhooks/", api.HookListView.as_view(), name="api-webhooks"),
    path("webhooks/<uuid:hook_id>/", api.HookView.as_view(), name="api-webhook"),
    path("webhooks/<uuid:hook_id>/deliveries/", api.DeliveryListView.as_view(), name="api-webhook-deliveries"),
    path("webhooks/<uuid:hook_id>/replay/", api.ReplayView.as_view(), name="api-webhook-replay"),
    path("webhooks/<uuid:hook_id>/test/", api.TestView.as_view(), name="api-webhook-test"),
]
