"""Languages of the desk, its lists and the sign-in, and the pages that are wholly translated."""

from __future__ import annotations

from miniatures_site.settings import env

LANGUAGE_CODE = "en"
LANGUAGES = [
    ("en", "English"),
    ("de", "Deutsch"),
    ("fr", "Français"),
    ("es", "Español"),
    ("it", "Italiano"),
    ("nl", "Nederlands"),
]
LOCALE_PATHS = [env.BASE_DIR / "locale"]
# Names of the addresses whose pages speak the member's language. All other pages, mails and the API are English.
TRANSLATED_PAGES = frozenset({
    "review:focus", "review:draft", "review:decisions", "review:reopen", "review:desk-list", "review:choose",
    "review:ask", "review:restore", "review:history", "review:approved", "members.sign_in.closed_pages.signup_closed",
    "review:comments", "review:mentions", "review:bulk", "review:bulk-undo", "review:clusters", "review:similar",
    "account_login", "account_logout", "account_inactive", "account_reauthenticate",
    "reauthenticate_by_sso", "mfa_authenticate", "mfa_reauthenticate", "join",
    "socialaccount_login_cancelled", "socialaccount_login_error", "openid_connect_login", "openid_connect_callback",
})  # fmt: skip
