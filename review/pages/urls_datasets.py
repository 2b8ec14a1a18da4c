"""Page addresses of datasets."""

from django.urls import URLPattern, path

from review.pages import datasets

datasets_urls: list[URLPattern] = [
    path("tasks/<slug:slug>/datasets/", datasets.index, name="datasets"),
    path("datasets/<slug:slug>/", datasets.detail, name="dataset"),
    path("datasets/<slug:slug>/freeze/", datasets.freeze, name="dataset-freeze"),
    path("datasets/<slug:slug>/v/<int:number>/", datasets.version, name="dataset-version"),
]
