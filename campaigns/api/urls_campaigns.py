"""API addresses of campaigns: their steps, arms, mails and approval."""

from django.urls import URLPattern, path

from campaigns.api import campaigns, messages

campaigns_urls: list[URLPattern] = [
    path("campaigns/", campaigns.Campaigns.as_view(), name="api-campaigns"),
    path("campaigns/<slug:slug>/", campaigns.CampaignDetail.as_view(), name="api-campaign"),
    path("campaigns/<slug:slug>/launch/", campaigns.Launch.as_view(), name="api-campaign-launch"),
    path("campaigns/<slug:slug>/pause/", campaigns.Steer.as_view(verb="pause"), name="api-campaign-pause"),
    path("campaigns/<slug:slug>/resume/", campaigns.Steer.as_view(verb="resume"), name="api-campaign-resume"),
    path("campaigns/<slug:slug>/release/", campaigns.Steer.as_view(verb="release"), name="api-campaign-release"),
    path("campaigns/<slug:slug>/end/", campaigns.Steer.as_view(verb="end"), name="api-campaign-end"),
    path("campaigns/<slug:slug>/write-again/", campaigns.WriteAgain.as_view(), name="api-campaign-write-again"),
    path("campaigns/<slug:slug>/fixed-mails/", campaigns.FixedMails.as_view(), name="api-campaign-fixed"),
    path("campaigns/<slug:slug>/dry-run/", campaigns.DryRun.as_view(), name="api-campaign-dry-run"),
    path("messages/", messages.Messages.as_view(), name="api-messages"),
    path("messages/<uuid:message_id>/", messages.MessageDetail.as_view(), name="api-message"),
]
