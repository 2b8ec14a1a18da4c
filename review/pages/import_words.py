"""What an import says when it is done."""

from __future__ import annotations

from review.states import SourceKind

_WHAT: dict[str, str] = {SourceKind.DRAFTS: "draft", SourceKind.DECISIONS: "verdict"}


def said(added: int, known: int, bad: int, kind: str) -> str:
    """What came of it in one line: `503 records added, 2 known already.`."""
    what = _WHAT.get(kind, "record")
    parts = [f"{added:,} {what}{'' if added == 1 else 's'} added" if added else "Nothing new"]
    if known:
        parts.append(f"{known:,} known already")
    if bad:
        parts.append(f"{bad:,} bad row{'' if bad == 1 else 's'} left out")
    return ", ".join(parts) + "."
