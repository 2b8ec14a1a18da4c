"""What a reply says of its own: the text above and between quotations, without signatures. Pure."""

from __future__ import annotations

import html
import re

ATTRIBUTION = re.compile(
    r"^\s*(on\b.{4,200}\bwrote|am\b.{4,200}\bschrieb\b.{0,80}|le\b.{4,200}\ba écrit|el\b.{4,200}\bescribió"
    r"|il\b.{4,200}\bha scritto|op\b.{4,200}\bschreef\b.{0,80})\s*:\s*$",
    re.IGNORECASE,
)
HEADS = re.compile(
    r"^\s*(-{2,}\s*(original message|forwarded message|ursprüngliche nachricht|message d.origine|mensaje original)\s*-*"
    r"|_{8,}|begin forwarded message:)\s*$",
    re.IGNORECASE,
)
HEADER_BLOCK = re.compile(r"^\s*\*?(from|von|de)\s*:\*?\s+\S+", re.IGNORECASE)
HEADER_NEXT = re.compile(r"^\s*\*?(sent|to|date|subject|gesendet|an|datum|betreff|envoyé|à|objet)\s*:", re.IGNORECASE)
SIGNATURE = re.compile(
    r"^\s*(-- ?|sent from my \w+.*|get outlook for \w+.*|von meinem \w+ gesendet)\s*$", re.IGNORECASE
)
# How many lines an attribution may be wrapped over.
WRAPPED = 3
MAX_CHARS = 20_000
MAX_LINE, MAX_LINES = 2_000, 2_000


def own_text(text: str) -> str:
    """The writer's own lines, at most 20,000 characters of them.

    What stands below an attribution line, a header of a quoted mail or a signature mark goes; lines that begin with `>`
    go wherever they stand, so that an answer between them stays.
    """
    cut = text[: MAX_CHARS * 4].replace("\r\n", "\n").replace("\r", "\n").split("\n")[:MAX_LINES]
    lines = [line[:MAX_LINE] for line in cut]
    kept: list[str] = []
    at = 0
    while at < len(lines):
        height = _mark_at(lines, at)
        if height and not _has_answers_below(lines, at):
            break
        if not height and not lines[at].lstrip().startswith(">"):
            kept.append(lines[at])
        at += max(height, 1)
    return re.sub(r"\n{3,}", "\n\n", "\n".join(kept)).strip()[:MAX_CHARS]


def text_of_html(source: str) -> str:
    """Readable text of an HTML mail: quotations, scripts and styles gone, blocks as lines. For reading, not for showing."""
    source = source[: MAX_CHARS * 10]
    for tag in ("script", "style", "head", "title"):
        source = re.sub(rf"<{tag}\b[^>]{{0,500}}>.*?(</{tag}\s*>|\Z)", " ", source, flags=re.IGNORECASE | re.DOTALL)
    source = re.sub(r"<(blockquote|div class=.gmail_quote)\b.*\Z", "\n", source, flags=re.IGNORECASE | re.DOTALL)
    source = re.sub(r"<(br|/p|/div|/tr|/li|/h\d)\b[^<>]{0,500}>", "\n", source, flags=re.IGNORECASE)
    source = re.sub(r"<[^<>]{0,2000}>", "", source)
    plain = html.unescape(source).replace("\xa0", " ")
    lines = "\n".join(" ".join(line.split()) for line in plain.splitlines())
    return re.sub(r"\n{3,}", "\n\n", lines).strip()


def _mark_at(lines: list[str], at: int) -> int:
    """Return how many lines here introduce quoted text; 0 if none does."""
    line = lines[at]
    if HEADS.match(line) or SIGNATURE.match(line):
        return 1
    if HEADER_BLOCK.match(line) and any(HEADER_NEXT.match(each) for each in lines[at + 1 : at + 3]):
        return 1
    heights = range(1, WRAPPED + 1)
    return next((count for count in heights if ATTRIBUTION.match(" ".join(lines[at : at + count]))), 0)


def _has_answers_below(lines: list[str], at: int) -> bool:
    """Whether the writer answers between quoted lines: those are marked by `>`, and own text follows them."""
    if HEADS.match(lines[at]) or SIGNATURE.match(lines[at]):
        return False
    below = [line for line in lines[at + 1 :] if line.strip()]
    quoted = [index for index, line in enumerate(below) if line.lstrip().startswith(">")]
    if not quoted:
        return False
    rest = below[quoted[0] :]
    return any(not line.lstrip().startswith(">") and not SIGNATURE.match(line) for line in rest)
