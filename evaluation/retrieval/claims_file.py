"""Reads claims whose truth is known: JSON lines with text, supported, document and, if wanted, evidence. Pure Python."""

from __future__ import annotations

from typing import Any

from evaluation.retrieval.register import JudgedClaim
from web import strict_json
from web.errors import Refusal

_TEXTS = ("text", "document")
LONGEST_CHARS = 2_000


def read(text: str) -> list[JudgedClaim]:
    """The claims of a text, a JSON object a line.

    Raises:
        Refusal: `bad_claims`, with the line.
    """
    claims = []
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            try:
                row = strict_json.loads(line)
            except ValueError as error:
                raise _refusal(f"Line {number} is no JSON: {error}.") from None
            claims.append(claim_of(row, f"Line {number}"))
    return claims


def claim_of(row: Any, where: str) -> JudgedClaim:
    """One claim of an object.

    Raises:
        Refusal: `bad_claims`, with where it stands.
    """
    if not isinstance(row, dict) or not all(isinstance(row.get(key), str) and row[key].strip() for key in _TEXTS):
        raise _refusal(f"{where}: write text and document, both texts.")
    if not isinstance(row.get("supported"), bool) or not isinstance(row.get("evidence", ""), str):
        raise _refusal(f"{where}: 'supported' is true or false, 'evidence' a text.")
    claim = JudgedClaim(row["text"], row["supported"], row["document"], row.get("evidence", ""))
    if max(len(claim.text), len(claim.document), len(claim.evidence)) > LONGEST_CHARS:
        raise _refusal(f"{where}: a text has at most {LONGEST_CHARS:,} characters.")
    return claim


def _refusal(message: str) -> Refusal:
    hint = 'Write lines such as {"text": "…", "supported": true, "document": "https://…", "evidence": "…"}.'
    return Refusal("bad_claims", message, hint=hint, status=400, errors={"claims": [message]})
