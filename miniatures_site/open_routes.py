"""The routes open to visitors who are not signed in: these and no others. A test walks all addresses and holds it."""

from __future__ import annotations

# Names where a route has one, else the pattern as it stands in urls.py.
OPEN_ROUTES = frozenset(
    {
        "livez",
        "healthz",
        "account_login",
        "account_logout",
        "account_inactive",
        "account_signup",
        "account_reset_password",
        "accounts/signup/",
        "accounts/password/reset/",
        # An invitation opens by its signed link alone, once.
        "join",
        # The second step of signing in: it shows nothing until a password was right.
        "mfa_authenticate",
        "mfa_trust",
        # Signing in by the organisation's provider: the first leads there, the second believes only what comes back from it.
        "openid_connect_login",
        "openid_connect_callback",
        "socialaccount_login_cancelled",
        "socialaccount_login_error",
        "socialaccount_signup",
        "accounts/social/login/cancelled/",
        "accounts/social/login/error/",
        "accounts/social/signup/",
        # Allauth's own pages about mail and passkeys; none does anything here, where there is no mail and no sign-up.
        "account_email_verification_sent",
        "account_confirm_email",
        "account_confirm_login_code",
        "account_request_login_code",
        "account_reset_password_done",
        "account_reset_password_from_key",
        "account_reset_password_from_key_done",
        "account_confirm_password_reset_code",
        "mfa_login_webauthn",
        "mfa_signup_webauthn",
        "account_signup_by_passkey",
        # What stands in mails: each is opened by a signed token alone. Webhooks are signed too.
        "campaigns:click",
        "campaigns:open",
        "campaigns:unsubscribe",
        "api-inbound",
        "api-inbound-provider",
    }
)
