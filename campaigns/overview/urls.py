"""Page addresses of campaigns: making, steering and approving them."""

from django.urls import URLPattern, path

from campaigns.overview import api, pages

campaigns_urls: list[URLPattern] = [
    path("tasks/<slug:slug>/campaigns/", pages.index, name="list"),
    path("tasks/<slug:slug>/campaigns/new/", pages.new, name="new"),
    path("campaigns/<slug:slug>/", pages.detail, name="detail"),
    path("campaigns/<slug:slug>/live/", pages.live, name="live"),
    path("campaigns/<slug:slug>/edit/", pages.edit, name="edit"),
    path("campaigns/<slug:slug>/act/", pages.act, name="act"),
    path("campaigns/<slug:slug>/approve/", pages.approve, name="approve"),
]


campaigns_api_urls: list[URLPattern] = [
    path("campaigns/", api.CampaignListView.as_view(), name="api-campaigns"),
    path("campaigns/<slug:slug>/", api.CampaignView.as_view(), name="api-campaign"),
    path("campaigns/<slug:slug>/launch/", api.LaunchView.as_view(), name="api-campaign-launch"),
    path("campaigns/<slug:slug>/pause/", api.SteerView.as_view(verb="pause"), name="api-campaign-pause"),
    path("campaigns/<slug:slug>/resume/", api.SteerView.as_view(verb="resume"), name="api-campaign-resume"),
    path("campaigns/<slug:slug>/release/", api.SteerView.as_view(verb="release"), name="api-campaign-release"),
    path("campaigns/<slug:slug>/end/", api.SteerView.as_view(verb="end"), name="api-campaign-end"),
    path("campaigns/<slug:slug>/lift/", api.LiftView.as_view(), name="api-campaign-lift"),
    path("campaigns/<slug:slug>/write-again/", api.WriteAgainView.as_view(), name="api-campaign-write-again"),
    path("campaigns/<slug:slug>/fixed-mails/", api.FixedMailsView.as_view(), name="api-campaign-fixed"),
    path("campaigns/<slug:slug>/dry-run/", api.DryRunView.as_view(), name="api-campaign-dry-run"),
]
