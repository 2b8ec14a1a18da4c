"""API addresses of pipelines and of what their stages made of mails."""

from django.urls import URLPattern, path

from campaigns.pipelines import api

pipelines_api_urls: list[URLPattern] = [
    path("pipelines/", api.PipelineListView.as_view(), name="api-pipelines"),
    path("pipelines/<slug:slug>/", api.PipelineView.as_view(), name="api-pipeline"),
    path("pipelines/<slug:slug>/versions/", api.PipelineVersionListView.as_view(), name="api-pipeline-versions"),
    path("pipelines/<slug:slug>/promote/", api.PipelinePromoteView.as_view(), name="api-pipeline-promote"),
    path("pipelines/<slug:slug>/demote/", api.PipelineDemoteView.as_view(), name="api-pipeline-demote"),
    path("stage-runs/", api.StageRunListView.as_view(), name="api-stage-runs"),
]
