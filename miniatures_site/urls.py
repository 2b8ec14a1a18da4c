"""Addresses of the whole site. Each room brings its own under its name."""

from allauth.account.views import password_set
from allauth.mfa.totp.views import activate_totp
from allauth.socialaccount.views import connections
from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView

from members import doors, invitation_views, reauthentication
from miniatures_site import api_reference, health, team

urlpatterns = [
    path("livez", health.livez, name="livez"),
    path("healthz", health.healthz, name="healthz"),
    path("", include("miniatures_site.home_urls")),
    path("accounts/signup/", doors.ask_an_admin),
    path("accounts/password/reset/", doors.ask_an_admin),
    path("accounts/email/", doors.profile_instead),
    # A member without a password has nothing that allauth would ask for before it takes these as proofs.
    path("accounts/password/set/", reauthentication.recent_only(password_set)),
    path("accounts/2fa/totp/activate/", reauthentication.recent_only(activate_totp)),
    path("accounts/3rdparty/", reauthentication.recent_only(connections)),
    path("accounts/reauthenticate/sso/", reauthentication.by_sso, name=reauthentication.BY_SSO),
    path("accounts/", include("allauth.urls")),
    path("settings/members/<uuid:member_id>/", team.member_page, name="team_member"),
    path("join/<str:token>/", invitation_views.join, name="join"),
    path("settings/audit/", include("audit.urls")),
    path("settings/", include("members.urls")),
    path("settings/webhooks/", include("webhooks.urls")),
    path("jobs/", include("jobs.urls")),
    path("", include("review.urls")),
    path("", include("generation.urls")),
    path("", include("training.urls")),
    path("", include("evaluation.urls")),
    path("", include("serving.urls")),
    path("", include("campaigns.urls")),
    path("v1/", include("serving.v1_urls")),
    path("api/v1/", include("miniatures_site.api_urls")),
    path("api/v1/schema/", SpectacularAPIView.as_view(), name="schema"),
    path("api/v1/docs/", api_reference.page, name="docs"),
]
