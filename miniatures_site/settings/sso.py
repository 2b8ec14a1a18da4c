"""Sign-in by an OpenID Connect provider, as environment variables say."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

from miniatures_site.settings import env

PROVIDER_ID = "sso"


def providers() -> dict[str, Any]:
    """Allauth's description of the provider; empty where none is named.

    Raises:
        ImproperlyConfigured: An issuer that is no address, or without the client that is registered there.
    """
    issuer = env.web_address("OIDC_ISSUER").rstrip("/")
    if not issuer:
        return {}
    why = "It comes from the provider, where this site is registered as a client."
    app = {
        "provider_id": PROVIDER_ID,
        "name": env.text("OIDC_NAME", "your organisation"),
        "client_id": env.required("OIDC_CLIENT_ID", why),
        "secret": env.required("OIDC_CLIENT_SECRET", why),
        "settings": {"server_url": issuer, "verified_email": env.flag("OIDC_TRUST_EMAIL", default=False)},
    }
    return {"openid_connect": {"OAUTH_PKCE_ENABLED": True, "APPS": [app]}}


def required_of() -> list[str]:
    """Return which members need a second factor.

    Raises:
        ImproperlyConfigured: A group there is none of.
    """
    groups = env.words("REQUIRE_MFA_FOR")
    if unknown := set(groups) - {"admins", "leads", "everyone"}:
        raise ImproperlyConfigured(f"REQUIRE_MFA_FOR names '{sorted(unknown)[0]}'; write admins, leads or everyone.")
    return groups


def form_origins() -> list[str]:
    """Origins to which a form's answer may lead on: browsers hold a redirect after a form against the policy too."""
    origins = [env.text("OIDC_ISSUER"), *env.words("OIDC_FORM_ORIGINS")]
    parts = [urlsplit(origin) for origin in origins if origin]
    return [f"{part.scheme}://{part.netloc}" for part in parts]
