"""Page addresses of pipelines."""

from django.urls import URLPattern, path

from campaigns.pipelines import pages

pipelines_urls: list[URLPattern] = [
    path("tasks/<slug:slug>/pipelines/", pages.index, name="pipelines"),
    path("tasks/<slug:slug>/pipelines/new/", pages.new, name="pipeline-new"),
    path("pipelines/<slug:slug>/", pages.detail, name="pipeline"),
    path("contacts/<uuid:pk>/story/", pages.story, name="contact-story"),
]
