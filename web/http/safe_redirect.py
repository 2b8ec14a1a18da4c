"""Safe path back to the page that linked here: a path of this site, or the page's own default."""

from __future__ import annotations

from django.utils.http import url_has_allowed_host_and_scheme


def safe_next_path(wanted: str, *, otherwise: str) -> str:
    """`wanted` if it is a path of this site, else `otherwise`. A bare word is no path, though it has no host either."""
    is_ours = wanted.startswith("/") and url_has_allowed_host_and_scheme(wanted, allowed_hosts=None)
    return wanted if is_ours else otherwise
