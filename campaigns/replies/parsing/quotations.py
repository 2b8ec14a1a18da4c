"""Own words of a reply: the text above, between and below quotations, without signatures. Pure.

A quotation is known by its form: a line with an address and a moment that ends in a colon, header fields in a row, lines
that begin with `>`. Words of single languages are few, and only where the form alone says too little.
"""

from __future__ import annotations

import re
from typing import Final

from campaigns.replies.parsing.html_text import OUR_LINK

# How many lines an attribution may be wrapped over, and how long one is.
WRAPPED: Final = 3
LONGEST_ATTRIBUTION: Final = 500
MAX_CHARS: Final = 20_000
MAX_LINE, MAX_LINES = 2_000, 2_000
# Within so many lines below the first the other header fields of a quoted mail stand.
_HEADER_LINES: Final = 6

_ADDRESS: Final = re.compile(r"[\w.+'-]{1,64}@[\w-]{1,63}\.[\w.-]{2,}")
_MOMENT: Final = re.compile(r"(?<!\d)(?:(?:19|20)\d\d(?!\d)|\d{1,2}[:.h]\d{2}(?!\d))")
_WROTE: Final = re.compile(
    r"\b(?:wrote|schrieb|a écrit|escribió|ha scritto|schreef|skrev|skrifaði|kirjoitti|escreveu|napisa[łl]\w*|naps?[aí]sal\w*"
    r"|írta|a scris|yazd\u0131|написа\w+|пише|έγραψε)(?:\(\w\))?(?!\w)",
    re.IGNORECASE,
)
_ATTRIBUTION: Final = re.compile(
    r"^\s*(on\b.{4,200}\bwrote|am\b.{4,200}\bschrieb\b.{0,80}|le\b.{4,200}\ba écrit|el\b.{4,200}\bescribió"
    r"|il\b.{4,200}\bha scritto|op\b.{4,200}\bschreef\b.{0,80})\s*:\s*$",
    re.IGNORECASE,
)
_HEAD: Final = re.compile(
    r"^\s*(?:-{2,}\s*(?:original message|forwarded message|ursprüngliche nachricht|message d.origine|mensaje original)\s*-*"
    r"|_{8,}|begin forwarded message:)\s*$",
    re.IGNORECASE,
)
_DASHED: Final = re.compile(r"^\s*-{3,}\s*([^-].{2,300}?)\s*-{3,}\s*$")
_SENDER: Final = re.compile(
    r"^\s*\*?(?:from|von|de|da|fra|från|van|od|od kogo|lähettäjä|feladó|от|від|από|kimden|gönderen|expéditeur|remitente|mittente"
    r"|afzender|odesílatel|odosielateľ|pošiljatelj|saatja|nuo|no|发件人|寄件者|差出人|送信者|보낸 ?사람)\s*\*?\s*[:\uff1a]\*?\s*\S",
    re.IGNORECASE,
)
_FIELD: Final = re.compile(
    r"^\s*\*?(?:sent|to|cc|date|subject|gesendet|an|datum|betreff|envoyé|à|objet|enviad[oa]|enviado el|para|asunto|assunto|data"
    r"|inviato|a|oggetto|verzonden|aan|onderwerp|sendt|til|kopi|emne|dato|skickat|till|ämne|wysłan[oey]|do|temat|odesláno|odoslané"
    r"|komu|předmět|predmet|lähetetty|vastaanottaja|päivämäärä|aihe|küldve|címzett|dátum|tárgy|отправлено|дата|кому|тема|надіслано"
    r"|στάλθηκε|ημερομηνία|προς|θέμα|gönderildi|tarih|kime|konu|trimis|către|subiect|poslano|za|zadeva|日期|发送时间|收件人|主题"
    r"|主旨|送信日時|日付|宛先|件名|보낸 ?날짜|받는 ?사람|제목)\s*\*?\s*[:\uff1a]",
    re.IGNORECASE,
)
_SIGNATURE: Final = re.compile(
    r"^\s*(-- ?|sent from my \w+.*|get outlook for \w+.*|von meinem \w+ gesendet)\s*$", re.IGNORECASE
)


def own_text(text: str) -> str:
    """The writer's own lines, at most 20,000 characters of them.

    Lines that begin with `>` go, and what introduces them: an answer between and below them stays. Of a quotation whose lines
    bear no mark all goes to the end of the mail, or to the way out that stands under each mail of ours: below it the
    writer goes on. A signature goes, to the next quotation.
    """
    cut = text[: MAX_CHARS * 4].replace("\r\n", "\n").replace("\r", "\n").split("\n")[:MAX_LINES]
    lines = [line[:MAX_LINE] for line in cut]
    kept: list[str] = []
    at = 0
    while at < len(lines):
        if height := _introduction_at(lines, at):
            at = _after_introduction(lines, at, height)
        elif _SIGNATURE.match(lines[at]):
            at = _after_signature(lines, at)
        else:
            if not _is_quoted(lines[at]):
                kept.append(lines[at])
            at += 1
    return re.sub(r"\n{3,}", "\n\n", "\n".join(kept)).strip()[:MAX_CHARS]


def _is_quoted(line: str) -> bool:
    return line.lstrip().startswith(">")


def _introduction_at(lines: list[str], at: int) -> int:
    """Return the number of lines here that introduce quoted text; 0 if none does."""
    if not lines[at].strip() or _is_quoted(lines[at]):
        return 0
    if _HEAD.match(lines[at]) or _is_dashed_head(lines, at) or _is_header(lines, at):
        return 1
    heights = range(1, min(WRAPPED, len(lines) - at) + 1)
    return next((height for height in heights if _is_attribution(lines, at, height)), 0)


def _is_dashed_head(lines: list[str], at: int) -> bool:
    dashed = _DASHED.match(lines[at])
    if dashed is None:
        return False
    if _MOMENT.search(dashed[1]) and (_ADDRESS.search(dashed[1]) or _WROTE.search(dashed[1])):
        return True
    return any(_SENDER.match(line) for line in lines[at + 1 : at + 4])


def _is_header(lines: list[str], at: int) -> bool:
    """Recognize header fields of a quoted mail: a sentence may begin with `From:` too, and the next with `To:`."""
    if not _SENDER.match(lines[at]):
        return False
    fields = sum(bool(_FIELD.match(line)) for line in lines[at + 1 : at + 1 + _HEADER_LINES])
    return fields >= 2 or (fields == 1 and bool(_ADDRESS.search(lines[at])))


def _is_attribution(lines: list[str], at: int, height: int) -> bool:
    """Exclude a line of the writer's own above the attribution."""
    below = next((line for line in lines[at + height : at + height + 3] if line.strip()), "")
    forms = (_forms_attribution(lines[at + above : at + height], below) for above in range(height))
    return next(forms) and not any(forms)


def _forms_attribution(part: list[str], below: str) -> bool:
    joined = " ".join(line.strip() for line in part)
    if not all(line.strip() for line in part) or len(joined) > LONGEST_ATTRIBUTION:
        return False
    if not joined.endswith((":", "\uff1a")):
        return False
    if _ATTRIBUTION.match(joined):
        return True
    moments = {moment.isdecimal() for moment in _MOMENT.findall(joined)}
    if _ADDRESS.search(joined) or _WROTE.search(joined):
        return bool(moments)
    # A sentence may end in a colon and name an hour; with the year too, above marked lines, it is none.
    return len(moments) == 2 and _is_quoted(below)


def _after_introduction(lines: list[str], at: int, height: int) -> int:
    """Continue at the marked lines that are introduced, else behind all that bears no mark."""
    below = at + height
    while below < len(lines) and (
        not lines[below].strip() or _SENDER.match(lines[below]) or _FIELD.match(lines[below])
    ):
        below += 1
    if below < len(lines) and _is_quoted(lines[below]):
        return below
    links = (number for number in range(len(lines) - 1, at, -1) if OUR_LINK.search(lines[number]))
    return next(links, len(lines) - 1) + 1


def _after_signature(lines: list[str], at: int) -> int:
    rest = range(at + 1, len(lines))
    return next((number for number in rest if _is_quoted(lines[number]) or _introduction_at(lines, number)), len(lines))
