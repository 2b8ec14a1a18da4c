"""Addresses of studies of drift."""

from django.urls import URLPattern, path

from campaigns.drift import api, pages

drift_urls: list[URLPattern] = [
    path("tasks/<slug:slug>/drift/", pages.index, name="drift-studies"),
    path("tasks/<slug:slug>/drift/new/", pages.new, name="drift-new"),
    path("drift/<uuid:drift_id>/", pages.study, name="drift-study"),
    path("drift/<uuid:drift_id>/look/", pages.look, name="drift-look"),
    path("drift/<uuid:drift_id>/record.json", pages.record_json, name="drift-record"),
]
drift_api_urls: list[URLPattern] = [
    path("drift-studies/", api.DriftStudiesView.as_view(), name="api-drift-studies"),
    path("drift-studies/<uuid:drift_id>/", api.DriftStudyView.as_view(), name="api-drift-study"),
    path("drift-studies/<uuid:drift_id>/looks/", api.DriftLooksView.as_view(), name="api-drift-looks"),
    path("drift-studies/<uuid:drift_id>/record/", api.DriftRecordView.as_view(), name="api-drift-record"),
]
