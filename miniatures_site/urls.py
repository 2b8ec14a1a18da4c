"""Addresses of the whole site. Each room brings its own under its name."""

from allauth.account.views import password_set
from allauth.mfa.totp.views import activate_totp
from allauth.socialaccount.views import connections
from django.urls import include, path

from members.invitations import pages
from members.recent_login import reauthentication
from members.sign_in import closed_pages
from miniatures_site.api import reference
from miniatures_site.api.last_slash import in_either_form
from miniatures_site.api.schema import SchemaView
from miniatures_site.health import pages as health_pages
from miniatures_site.wiring import task_roles

handler404 = "web.http.nowhere.not_found"
handler500 = "web.http.away.server_fault"

urlpatterns = [
    # First, as each verdict is sent there: a pattern is tried after those above it.
    in_either_form(
        "api/v1/",
        [
            path("", include("miniatures_site.api.urls")),
            path("schema/", SchemaView.as_view(), name="schema"),
            path("docs/", reference.page, name="docs"),
        ],
    ),
    path("livez", health_pages.livez, name="livez"),
    path("healthz", health_pages.healthz, name="healthz"),
    path("metrics", health_pages.metrics, name="metrics"),
    path("", include("miniatures_site.home.urls")),
    path("accounts/signup/", closed_pages.signup_closed),
    path("accounts/password/reset/", closed_pages.signup_closed),
    path("accounts/email/", closed_pages.redirect_to_profile),
    # A member without a password has nothing that allauth would ask for before it takes these as proofs.
    path("accounts/password/set/", reauthentication.recent_only(password_set)),
    path("accounts/2fa/totp/activate/", reauthentication.recent_only(activate_totp)),
    path("accounts/3rdparty/", reauthentication.recent_only(connections)),
    path("accounts/reauthenticate/sso/", reauthentication.by_sso, name=reauthentication.BY_SSO),
    path("accounts/oidc/<str:provider_id>/login/", closed_pages.lead_to_provider, name="openid_connect_login"),
    path("accounts/", include("allauth.urls")),
    path("settings/members/<uuid:member_id>/", task_roles.member_page, name="team_member"),
    path("join/<str:token>/", pages.join, name="join"),
    path("settings/audit/", include("audit.urls")),
    path("settings/", include("members.urls")),
    path("settings/webhooks/", include("webhooks.urls")),
    path("jobs/", include("jobs.urls")),
    path("operations/", include("miniatures_site.operations.urls")),
    path("", include("review.urls")),
    path("", include("generation.urls")),
    path("", include("training.urls")),
    path("", include("evaluation.urls")),
    path("", include("serving.urls")),
    path("", include("campaigns.urls")),
    path("", include("demo.urls")),
    path("v1/", include("serving.v1_urls")),
]
