"""What a token may do. A token never gives more than its member has."""

from __future__ import annotations

SCOPES: dict[str, str] = {
    "read": "Read tasks, records, drafts, jobs and results",
    "datasets": "Download approved datasets",
    "review": "Judge drafts",
    "serve": "Ask served miniatures over /v1",
    "lead": "Edit tasks, import, freeze, launch generation and training",
    "admin": "Everything the member may do",
}


def allows(scopes: list[str], needed: str) -> bool:
    """Whether a token with these scopes may do what needs the given one.

    Admin covers all; lead covers read, datasets, review and serve; review covers read.
    """
    held = set(scopes)
    if "admin" in held or needed in held:
        return True
    if "lead" in held:
        return needed in {"read", "datasets", "review", "serve"}
    return needed == "read" and "review" in held


def explained() -> list[dict[str, object]]:
    """Each scope with what it allows, and the others that it covers."""
    return [
        {
            "name": name,
            "allows": words,
            "covers": [other for other in SCOPES if other != name and allows([name], other)],
        }
        for name, words in SCOPES.items()
    ]
