"""API addresses of serving, under /api/v1/."""

from django.urls import path

from serving.cards import api as cards_api
from serving.costs import api as costs_api
from serving.fallback import api as fallback_api
from serving.hosts import api as hosts_api
from serving.promotions import api
from serving.routing import api as routing_api

urlpatterns = [
    path("tasks/<slug:slug>/costs/", costs_api.TaskCostsView.as_view(), name="api-task-costs"),
    path("tasks/<slug:slug>/fallback/", fallback_api.FallbackView.as_view(), name="api-task-fallback"),
    path("replicas/", hosts_api.ReplicasView.as_view(), name="api-replicas"),
    path("replicas/<int:replica_id>/drain/", hosts_api.ReplicaDrainView.as_view(), name="api-replica-drain"),
    path("serving/", api.ServingView.as_view(), name="api-serving"),
    path("miniatures/<uuid:miniature_id>/card/", cards_api.CardView.as_view(), name="api-miniature-card"),
    path("miniatures/<uuid:miniature_id>/promote/", api.PromoteView.as_view(), name="api-miniature-promote"),
    path("miniatures/<uuid:miniature_id>/demote/", api.DemoteView.as_view(), name="api-miniature-demote"),
    path("routers/", routing_api.RoutersView.as_view(), name="api-routers"),
    path("routers/<uuid:router_id>/", routing_api.RouterView.as_view(), name="api-router"),
    path("routers/<uuid:router_id>/versions/", routing_api.RouterVersionsView.as_view(), name="api-router-versions"),
    path("routers/<uuid:router_id>/route/", routing_api.RouteView.as_view(), name="api-route"),
    path(
        "routers/<uuid:router_id>/routed/<uuid:routed_id>/outcome/",
        routing_api.RouteOutcomeView.as_view(),
        name="api-route-outcome",
    ),
]
