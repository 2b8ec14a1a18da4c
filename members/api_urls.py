"""API addresses of members, under /api/v1/."""

from django.urls import path

from members import api, invitation_api

urlpatterns = [
    path("members/me/", api.Me.as_view(), name="api-me"),
    path("tokens/", api.Tokens.as_view(), name="api-tokens"),
    path("tokens/<str:key>/", api.Token.as_view(), name="api-token"),
    path("invitations/", invitation_api.Invitations.as_view(), name="api-invitations"),
    path("invitations/<uuid:invitation_id>/", invitation_api.Invitation.as_view(), name="api-invitation"),
]
