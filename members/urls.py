"""Page addresses of members, under /settings/."""

from django.urls import path

from members.accounts import pages as accounts_pages
from members.invitations import pages
from members.tokens import pages as tokens_pages

app_name = "members"
urlpatterns = [
    path("", accounts_pages.profile, name="profile"),
    path("tokens/", tokens_pages.token_list, name="tokens"),
    path("tokens/<str:key>/revoke/", tokens_pages.token_revoke, name="token_revoke"),
    path("invitations/", pages.index, name="invitations"),
    path("invitations/<uuid:invitation_id>/revoke/", pages.revoke, name="invitation_revoke"),
    path("sign-out-everywhere/", accounts_pages.sign_out_everywhere, name="sign_out_everywhere"),
    path("members/", accounts_pages.member_list, name="members"),
    path("members/<uuid:member_id>/change/", accounts_pages.member_change, name="member_change"),
]
