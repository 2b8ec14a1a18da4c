"""Page addresses of the team's side of the desk."""

from django.urls import URLPattern, path

from review.pages import comments, desk_settings

team_urls: list[URLPattern] = [
    path("tasks/<slug:slug>/review/settings/", desk_settings.settings_page, name="desk-settings"),
    path("tasks/<slug:slug>/review/drafts/<uuid:draft_id>/known/", desk_settings.know, name="known-answer"),
    path("tasks/<slug:slug>/review/drafts/<uuid:draft_id>/comments/", comments.write, name="comments"),
    path("mentions/", comments.mentions, name="mentions"),
]
