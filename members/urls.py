"""Page addresses of members, under /settings/."""

from django.urls import path

from members import invitation_views, views

app_name = "members"
urlpatterns = [
    path("", views.profile, name="profile"),
    path("tokens/", views.token_list, name="tokens"),
    path("tokens/<str:key>/revoke/", views.token_revoke, name="token_revoke"),
    path("invitations/", invitation_views.index, name="invitations"),
    path("invitations/<uuid:invitation_id>/revoke/", invitation_views.revoke, name="invitation_revoke"),
    path("sign-out-everywhere/", views.sign_out_everywhere, name="sign_out_everywhere"),
    path("members/", views.member_list, name="members"),
    path("members/<uuid:member_id>/change/", views.member_change, name="member_change"),
]
