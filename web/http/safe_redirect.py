"""Safe redirects: a path of this site, or the page's own default."""

from __future__ import annotations

from django.utils.http import url_has_allowed_host_and_scheme


def safe_next_path(path: str, *, otherwise: str) -> str:
    """Return `path` if it is a path of this site, else `otherwise`; a bare word is no path."""
    is_ours = path.startswith("/") and url_has_allowed_host_and_scheme(path, allowed_hosts=None)
    return path if is_ours else otherwise
