"""API addresses of members, under /api/v1/."""

from django.urls import path

from members.accounts import api
from members.invitations import api as invitations_api
from members.tokens import api as tokens_api

urlpatterns = [
    path("members/me/", api.MeView.as_view(), name="api-me"),
    path("tokens/", tokens_api.TokenListView.as_view(), name="api-tokens"),
    path("tokens/<str:key>/", tokens_api.TokenView.as_view(), name="api-token"),
    path("invitations/", invitations_api.InvitationListView.as_view(), name="api-invitations"),
    path("invitations/<uuid:invitation_id>/", invitations_api.InvitationView.as_view(), name="api-invitation"),
]
