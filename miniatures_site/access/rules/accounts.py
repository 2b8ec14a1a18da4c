"""Access to allauth's pages. A page that a later allauth adds is refused until it is listed here."""

from __future__ import annotations

from miniatures_site.access.levels import MEMBER, OPEN, Rule

_ANYBODY = Rule(OPEN, OPEN)
_MEMBER = Rule(MEMBER, MEMBER)

ACCOUNTS = {
    "account_login": _ANYBODY,
    "account_logout": _ANYBODY,
    "account_inactive": _ANYBODY,
    "account_reauthenticate": _MEMBER,
    "reauthenticate_by_sso": _MEMBER,
    # Sign-up and mail are shut here: these say whom to ask.
    "account_signup": _ANYBODY,
    "account_reset_password": _ANYBODY,
    "accounts/signup/": _ANYBODY,
    "accounts/password/reset/": _ANYBODY,
    # The second step of signing in: it shows nothing until a password was right.
    "mfa_authenticate": _ANYBODY,
    # Signing in by the organisation's provider: the first leads there, the second believes only what comes back from
    # it.
    "openid_connect_login": _ANYBODY,
    "openid_connect_callback": _ANYBODY,
    "socialaccount_login_cancelled": _ANYBODY,
    "socialaccount_login_error": _ANYBODY,
    "socialaccount_signup": _ANYBODY,
    "accounts/social/login/cancelled/": _ANYBODY,
    "accounts/social/login/error/": _ANYBODY,
    "accounts/social/signup/": _ANYBODY,
    # Pages about mail; none does anything here, where there is no mail and no sign-up.
    "account_email_verification_sent": _ANYBODY,
    "account_confirm_email": _ANYBODY,
    "account_confirm_login_code": _ANYBODY,
    "account_reset_password_done": _ANYBODY,
    "account_reset_password_from_key": _ANYBODY,
    "account_reset_password_from_key_done": _ANYBODY,
    # A member's own account.
    "account_email": _MEMBER,
    "accounts/email/": _MEMBER,
    "account_change_password": _MEMBER,
    "account_set_password": _MEMBER,
    "accounts/password/set/": _MEMBER,
    "mfa_index": _MEMBER,
    "mfa_reauthenticate": _MEMBER,
    "mfa_view_recovery_codes": _MEMBER,
    "mfa_download_recovery_codes": _MEMBER,
    "mfa_generate_recovery_codes": _MEMBER,
    "mfa_activate_totp": _MEMBER,
    "mfa_deactivate_totp": _MEMBER,
    "accounts/2fa/totp/activate/": _MEMBER,
    "socialaccount_connections": _MEMBER,
    "accounts/3rdparty/": _MEMBER,
    "accounts/social/connections/": _MEMBER,
}
