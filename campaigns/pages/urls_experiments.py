"""Page addresses of experiments."""

from django.urls import URLPattern, path

from campaigns.pages import experiments

experiments_urls: list[URLPattern] = [
    path("tasks/<slug:slug>/experiments/", experiments.index, name="experiments"),
    path("campaigns/<slug:slug>/experiment/", experiments.plan, name="experiment-plan"),
    path("campaigns/<slug:slug>/experiment/outlook/", experiments.outlook, name="experiment-outlook"),
    path("experiments/<slug:slug>/", experiments.detail, name="experiment"),
    path("experiments/<slug:slug>/look/", experiments.look, name="experiment-look"),
    path("experiments/<slug:slug>/contacts.csv", experiments.contacts_csv, name="experiment-contacts"),
    path("experiments/<slug:slug>/registration.json", experiments.registration_json, name="experiment-registration"),
    path("experiments/<slug:slug>/result.json", experiments.result_json, name="experiment-result"),
]
