"""Page addresses of serving."""

from django.urls import path

from serving.cards import pages as cards_pages
from serving.costs import pages as costs_pages
from serving.fallback import pages as fallback_pages
from serving.hosts import pages as host_pages
from serving.playground import pages as playground_pages
from serving.promotions import pages
from serving.routing import pages as routing_pages

app_name = "serving"
urlpatterns = [
    path("replicas/", host_pages.replicas, name="replicas"),
    path("tasks/<slug:slug>/serving/", pages.task_panel, name="task"),
    path("tasks/<slug:slug>/serving/start/", pages.start, name="start"),
    path("tasks/<slug:slug>/serving/stop/", pages.stop, name="stop"),
    path("tasks/<slug:slug>/fallback/", fallback_pages.fallback, name="fallback"),
    path("tasks/<slug:slug>/costs/", costs_pages.costs, name="costs"),
    path("tasks/<slug:slug>/playground/", playground_pages.page, name="playground"),
    path("tasks/<slug:slug>/playground/write/", playground_pages.write, name="playground-write"),
    path("miniatures/<uuid:miniature_id>/serving/", pages.miniature_panel, name="miniature"),
    path("miniatures/<uuid:miniature_id>/card/", cards_pages.card, name="miniature-card"),
    path("miniatures/<uuid:miniature_id>/card.md", cards_pages.download, name="miniature-card-markdown"),
    path("miniatures/<uuid:miniature_id>/promote/", pages.promote, name="promote"),
    path("miniatures/<uuid:miniature_id>/demote/", pages.demote, name="demote"),
    path("tasks/<slug:slug>/routers/", routing_pages.routers, name="routers"),
    path("routers/<uuid:router_id>/", routing_pages.router, name="router"),
]
