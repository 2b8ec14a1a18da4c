"""API addresses of experiments."""

from django.urls import URLPattern, path

from campaigns.api import experiments

experiments_urls: list[URLPattern] = [
    path("experiments/", experiments.Experiments.as_view(), name="api-experiments"),
    path("experiments/<slug:slug>/", experiments.ExperimentDetail.as_view(), name="api-experiment"),
    path(
        "experiments/<slug:slug>/registration/",
        experiments.ExperimentRegistration.as_view(),
        name="api-experiment-registration",
    ),
    path("experiments/<slug:slug>/result/", experiments.ExperimentResult.as_view(), name="api-experiment-result"),
    path(
        "experiments/<slug:slug>/contacts.csv", experiments.ExperimentContacts.as_view(), name="api-experiment-contacts"
    ),
    path("experiments/<slug:slug>/looks/", experiments.ExperimentLooks.as_view(), name="api-experiment-looks"),
]
