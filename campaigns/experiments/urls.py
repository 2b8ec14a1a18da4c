"""Page addresses of experiments."""

from django.urls import URLPattern, path

from campaigns.experiments import api, pages

experiments_urls: list[URLPattern] = [
    path("tasks/<slug:slug>/experiments/", pages.index, name="experiments"),
    path("campaigns/<slug:slug>/experiment/", pages.plan, name="experiment-plan"),
    path("campaigns/<slug:slug>/experiment/outlook/", pages.outlook, name="experiment-outlook"),
    path("experiments/<slug:slug>/", pages.detail, name="experiment"),
    path("experiments/<slug:slug>/look/", pages.look, name="experiment-look"),
    path("experiments/<slug:slug>/next-round/", pages.next_round, name="experiment-next-round"),
    path("experiments/<slug:slug>/promote/", pages.promote, name="experiment-promote"),
    path("experiments/<slug:slug>/contacts.csv", pages.contacts_csv, name="experiment-contacts"),
    path("experiments/<slug:slug>/registration.json", pages.registration_json, name="experiment-registration"),
    path("experiments/<slug:slug>/result.json", pages.result_json, name="experiment-result"),
]


experiments_api_urls: list[URLPattern] = [
    path("experiments/", api.ExperimentListView.as_view(), name="api-experiments"),
    path("experiments/<slug:slug>/", api.ExperimentView.as_view(), name="api-experiment"),
    path(
        "experiments/<slug:slug>/registration/",
        api.ExperimentRegistrationView.as_view(),
        name="api-experiment-registration",
    ),
    path("experiments/<slug:slug>/result/", api.ExperimentResultView.as_view(), name="api-experiment-result"),
    path("experiments/<slug:slug>/next-round/", api.NextRoundView.as_view(), name="api-experiment-next-round"),
    path("experiments/<slug:slug>/promote/", api.PromoteWinnerView.as_view(), name="api-experiment-promote"),
    path("experiments/<slug:slug>/contacts.csv", api.ExperimentContactsView.as_view(), name="api-experiment-contacts"),
    path("experiments/<slug:slug>/looks/", api.ExperimentLooksView.as_view(), name="api-experiment-looks"),
]
