"""Own words of a reply: the text above, between and below quotations, without signatures. Pure.

A quotation is known by its form: a line with an address and a moment that ends in a colon, header fields in a row,
lines that begin with `>`. Words of single languages are few, and only where the form alone says too little.

Libraries did worse on the mails of `tests/campaigns/incoming/quoted_replies.txt`: `mail-parser-reply` 1.36 and
`quotequail` 0.5.4 leave exactly the writer's text of two plain mails in five. The former takes seconds for 4,000
hostile characters.
"""

from __future__ import annotations

import re
from itertools import takewhile
from typing import Final

from campaigns.replies.parsing.html_text import OUR_LINK

# How many lines an attribution may be wrapped over, and how long one is.
WRAPPED: Final = 3
LONGEST_ATTRIBUTION: Final = 500
MAX_CHARS: Final = 20_000
MAX_LINE, MAX_LINES = 2_000, 2_000
# Within so many lines below the first the other header fields of a quoted mail stand.
_HEADER_LINES: Final = 6
# So many of them show a quotation where the sender's has no address.
_FIELDS_ALONE: Final = 3
_LONGEST_HEAD: Final = 60
# Signs of direction that mail programs set around names: nothing to see.
_UNSEEN: Final = dict.fromkeys([0x200B, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2060, 0x206A), 0xFEFF])

_ADDRESS: Final = re.compile(r"[\w.+'-]{1,64}@[\w-]{1,63}\.[\w.-]{2,}")
_DAY: Final = re.compile(r"(?<!\d)(?:\d{4}(?!\d)|\d{1,2}([./-])\d{1,2}\1\d{2}(?!\d))")
_HOUR: Final = re.compile(r"(?<!\d)\d{1,2}[:.h]\d{2}(?!\d|\.\d)")
_OPENING: Final = re.compile(r"(?:on|am|le|el|il|op|den|em|dnia)\b", re.IGNORECASE)
# In the third person: what *I wrote* is the writer's own.
_WROTE: Final = re.compile(
    r"\b(?:wrote|schrieb|geschrieben|a écrit|escribió|ha scritto|schreef|geschreven|skrev|skrifaði|kirjoitti|escreveu"
    r"|napisał(?:a|\(a\))?|napisal|pisze|naps?[aí]sal\w*|írta|a scris|yazd\u0131|написал\w?|написа[вл]\w?|пише"
    r"|έγραψε)(?:\(\w\))?(?!\w)",
    re.IGNORECASE,
)
_IN_PERSON: Final = re.compile(
    r"\b(?:I|[Ww]e|you|your|our|my|[Ii]ch|[Ww]ir|Ihne?n?|Ihre[mnrs]?|unser\w*|meine?\w?|je|j.ai|nous|vous|votre|notre|vos|nos|[Ii]k|[Ww]ij"
    r"|mijn|onze|uw|[Jj]ag|[Jj]eg|vi|jsem|jsme|я|мы)\b"
)
# Some programs put the initials of the quoted writer before the sign.
_MARK: Final = re.compile(r"\s*[A-Z]{0,3}>")
# The writer's own `> 50 employees` or `>= 10 %`; a number that counts questions, or a time, is none.
_COMPARISON: Final = re.compile(r"\s*>=?\s*[~€$£]?\s*\d+(?:[.,']\d+)*(?![\d:/)]|\.\s*\S)")
# Above a text that is signed in the clear (RFC 9580, 7), where a dash at the head of a line gets another one.
_SIGNED: Final = re.compile(r"-----BEGIN PGP SIGNED MESSAGE-----\s*|Hash: [A-Z\d,-]+\s*")
# Stands for a picture where a program made plain text of HTML.
_PICTURE: Final = re.compile(r"\s*(?:\[(?:cid|image): ?[^\]]{1,200}\]\s*)+")
# GroupWise parts the mail it answers by its writer and the moment alone, and marks none of its lines.
_BETWEEN_MARKS: Final = re.compile(r"\s*>>>.*>>>\s*$")
# Notes sets the moment between its writer and the first words, without an address.
_BETWEEN_DASHES: Final = re.compile(r"\S[^-]{0,80}(?:-[^-]{1,80})? ?---\s?(?=[^-]*:)[\d./ :APMapm-]{12,25}---\s?\S")
# Horde and Gnus name no moment.
_CITED: Final = re.compile(
    r"(?:quoting|zitat von|citando|citazione d[ai]|citat av|cytowanie|quota)\b"
    r"|.*\b(?:writes|schreibt|écrit|escribe|scrive|schrijft|skriver)\s*:$",
    re.IGNORECASE,
)
_UNDERSCORES: Final = re.compile(r"^\s*_{8,}\s*$")
_DASHED: Final = re.compile(r"-{2,}\s*[^\s-].{2,300}$")
_PASSED_ON: Final = re.compile(
    r"\b(?:original|d.origine|ursprüng|oorspronk|origine(?:el|le)|oprindelig|opprinnelig|alkuperäi|pôvodná|původní|izvorn|eredeti|исходн"
    r"|forward|weitergeleitet|transf|réexpédié|inoltra|reenvia|encaminha|doorgestuurd|vidarebefordra|videresend|przekaz|edelleen"
    r"|přeposl|továbbít|пересыл|пересла|переслан)",
    re.IGNORECASE,
)
# NetEase (163.com) sets the fields as a table: `| From | Ada |`.
_SENDER: Final = re.compile(
    r"^\s*(?:\| ?)?\*{0,2}(?:from|von|de|de la|da|fra|frá|från|van|od|od kogo|lähettäjä|feladó|от|від|από|kimden"
    r"|gönderen|expéditeur|remitente|mittente"
    r"|afzender|odesílatel|odosielateľ|pošiljatelj|saatja|nuo|no|发件人|寄件者|差出人|送信者|보낸 ?사람|מאת"
    r"|من)\s*\*{0,2}\s*[:\uff1a|]\*{0,2}\s*(\S.*)",
    re.IGNORECASE,
)
_FIELD: Final = re.compile(
    r"^\s*(?:\| ?)?\*{0,2}(?:sent|to|cc|date|subject|rubrik|gesendet|an|datum|betreff|envoyé|à|objet"
    r"|enviad[oa](?: el| em)?|fecha|para|asunto|assunto|data"
    r"|inviato|a|oggetto|verzonden|aan|onderwerp|sendt|til|kopi|emne|dato|skickat|till|ämne|wysłan[oey]|do|temat|odesláno|odoslané"
    r"|komu|předmět|predmet|lähetetty|vastaanottaja|päivämäärä|aihe|küldve|címzett|dátum|tárgy|отправлено|дата|кому|тема|надіслано"
    r"|στάλθηκε|ημερομηνία|προς|θέμα|gönderil(?:di|me(?: tarihi)?)"
    r"|tarih|kime|konu|trimis|către|subiect|poslano|za|zadeva|日期|发送时间|收件人|主题"
    r"|主旨|送信日時|日付|宛先|件名|보낸 ?날짜|받는 ?사람|제목|נשלח|אל|נושא|تم الإرسال|إلى"
    r"|الموضوع)\s*\*{0,2}\s*[:\uff1a|]",
    re.IGNORECASE,
)
_BRACKETED: Final = re.compile(rf"<(?:mailto:)?{_ADDRESS.pattern}>\s*$")
_FIELDS_IN_ROW: Final = 4
_LABEL: Final = re.compile(r"^\s*\*{0,2}[^\W\d_][^:\uff1a]{0,24}[:\uff1a]")
_DEVICE: Final = (
    r"(?:ip(?:hon|ad|od)|android|galaxy|samsung|huawei|xiaomi|blackberry|windows|outlook|proton|yahoo|aol\b|gmx|web\.de|handy|tablet"
    r"|superhuman|spark\b|edison mail|[a-z]*phone|[a-z]*mobil|[a-z]*telef)"
)
# What phones and mail programs set below: *Sent from my iPhone*, *Von meinem iPhone gesendet*.
_SENT_FROM: Final = (
    r"(?:sent|gesendet|sendt|skickat|verzonden|verstuurd|enviad[oa]|inviat[oa]|envoyé|(?:wy|prze)słan[eoy]|odesláno|odoslané|poslano|trimis"
    r"|lähetetty|(?:el)?küldve)(?:\s*(?:from|with|via|using|von|vom|mit|über|fra|med|från|vanaf|met|desde"
    rf"|con|da|dal|d[oe]|depuis|à partir|avec|ze?|s|iz|az?)\b.{{0,30}}?|\s+){_DEVICE}.{{0,60}}"
    rf"|(?:vo[nm]|diese nachricht wurde)\b.{{0,30}}{_DEVICE}.{{0,30}}gesendet\W{{0,3}}"
    rf"|{_DEVICE}.{{0,24}}(?:[dt][ae]n|ile) gönderildi"
)
_GET_OUTLOOK: Final = (
    r"(?:\w+ (?:o |el |sie sich |aplikację )?)?(?:outlook|bluemail) \w+ (?:system\w* )?(?:ios|android|mac|windows)"
    r"(?: \w+)?\W*(?:https?:\S+)?|(?:ios|android|mac|windows) için outlook\S* \w+"
    r"|(?=.{0,60}\b(?:ios|android)).{0,40}\boutlook\b.{0,40}<https://aka\.ms/\w+>"
)
_SIGNATURE: Final = re.compile(
    rf"^\s*(?:(?:- )?--\s?|-----BEGIN PGP SIGNATURE-----|sent from my \w+.*|\W?(?:{_SENT_FROM}|{_GET_OUTLOOK})"
    r"|yahoo mail: search, organi[sz]e, conquer)\s*$",
    re.IGNORECASE,
)
_NAMED_DEVICE: Final = re.compile(_DEVICE, re.IGNORECASE)
# In a line of another alphabet these names alone are Latin.
_LATIN_NAMES: Final = re.compile(rf"{_DEVICE}e?|\b(?:for|mail)\b|\bios|<?https?:\S+", re.IGNORECASE)
_SENTENCE: Final = re.compile(r"[\dA-Za-z\u00c0-\u024f.!?\u3002\uff01\uff1f]")
_LONGEST_SIGNATURE: Final = 80


def own_text(text: str) -> str:
    """The writer's own lines, at most 20,000 characters of them.

    Lines that begin with `>` go, and what introduces them: an answer between and below them stays, and a comparison
    above them (`> 50 employees`). Of a quotation whose lines bear no mark all goes to the end of the mail, or to the
    way out that stands under each mail of ours: below it the writer goes on. A signature goes, to the next quotation.
    """
    cut = text[: MAX_CHARS * 4].replace("\r\n", "\n").replace("\r", "\n").split("\n")[:MAX_LINES]
    written = [line[:MAX_LINE] for line in cut]
    lines = [line.translate(_UNSEEN) for line in written]
    kept: list[str] = []
    at, has_quotation = 0, False
    while at < len(lines):
        if height := _introduction_at(lines, at):
            has_quotation = True
            at = _after_introduction(lines, at, height)
        elif _SIGNATURE.match(lines[at]) or (_is_last_of_program(lines, at) and any(map(str.strip, kept))):
            at = _after_signature(lines, at)
        elif _SIGNED.fullmatch(lines[at]) or _PICTURE.fullmatch(lines[at]):
            at += 1
        else:
            if not _is_quoted(lines[at]) or (not has_quotation and _is_comparison(lines, at)):
                kept.append(written[at])
            else:
                has_quotation = True
            at += 1
    return re.sub(r"\n{3,}", "\n\n", "\n".join(kept)).strip()[:MAX_CHARS]


def _is_last_of_program(lines: list[str], at: int) -> bool:
    """Recognize the last line that phones set in other alphabets: a device's name alone is in Latin letters."""
    if not _NAMED_DEVICE.search(lines[at]) or len(lines[at]) > _LONGEST_SIGNATURE:
        return False
    rest = _LATIN_NAMES.sub("", lines[at])
    is_foreign = not rest.isascii() and not _SENTENCE.search(rest)
    return is_foreign and not any(line.strip() for line in lines[at + 1 : _after_signature(lines, at)])


def _is_quoted(line: str) -> bool:
    return _MARK.match(line) is not None


def _is_comparison(lines: list[str], at: int) -> bool:
    below = next((line for line in lines[at + 1 :] if line.strip()), "")
    # Lines that an HTML mail quotes bear the mark twice.
    is_quoted_too = _is_quoted(below) and not (below.startswith(">>") or _COMPARISON.match(below))
    return _COMPARISON.match(lines[at]) is not None and not is_quoted_too


def _introduction_at(lines: list[str], at: int) -> int:
    """Return the number of lines here that introduce quoted text; 0 if none does."""
    line, is_marked = lines[at], _is_quoted(lines[at])
    if _BETWEEN_MARKS.match(line) and _ADDRESS.search(line) and _HOUR.search(line):
        return 1
    if _BETWEEN_DASHES.match(line) and _DAY.search(line) and _HOUR.search(line):
        return 1
    if not line.strip() or (is_marked and not line.startswith(">>>")):
        return 0
    if not is_marked and (_UNDERSCORES.match(line) or _is_head(lines, at) or _is_header(lines, at)):
        return 1
    # Marked itself, it introduces marked lines behind an end that bears no mark.
    heights = range(2 if is_marked else 1, min(WRAPPED, len(lines) - at) + 1)
    return next((height for height in heights if _is_attribution(lines, at, height)), 0)


def _is_head(lines: list[str], at: int) -> bool:
    """Recognize *-----Original Message-----*, *Begin forwarded message:* and dashed attributions in any language."""
    words = lines[at].strip()
    dashed = _DASHED.match(words)
    if not dashed and (len(words) > _LONGEST_HEAD or not words.endswith((":", "\uff1a"))):
        return False
    if dashed and _ADDRESS.search(words) and (_WROTE.search(words) or _DAY.search(words)):
        return True
    near = range(at + 1, min(at + 4, len(lines)))
    below = next((number for number in near if lines[number].strip()), at)
    if not _PASSED_ON.search(words):
        return dashed is not None and any(_is_header(lines, number) for number in near)
    # Some programs part the fields below by blanks alone: `From "Ada" <ada@acme.example>`.
    is_field = _SENDER.match(lines[below]) or _FIELD.match(lines[below]) or _ADDRESS.search(lines[below])
    return below > at and (_is_quoted(lines[below]) or _is_header(lines, below) or bool(dashed and is_field))


def _is_header(lines: list[str], at: int) -> bool:
    """Recognize header fields of a quoted mail: a sentence may begin with `From:` too, and the next with `To:`."""
    row = lines[at : at + 1 + _HEADER_LINES]
    if _is_foreign_header(row[:_FIELDS_IN_ROW]) and any(map(OUR_LINK.search, lines[at:])):
        return True
    if not _SENDER.match(row[0]):
        # Some programs set other fields above the sender.
        row = list(takewhile(lambda line: _SENDER.match(line) or _FIELD.match(line), row))
    sender = next(filter(None, map(_SENDER.match, row)), None)
    if sender is None:
        return False
    has_address = _ADDRESS.search(sender[1]) is not None
    fields = [line for line in row if _FIELD.match(line)]
    if has_address:
        return bool(fields) or any(_LABEL.match(line) and _DAY.search(line) for line in lines[at + 1 : at + 3])
    # *From: Oslo*, *To: Bergen*, *Date: 1 May* may be an order.
    is_sentence = sender[1].rstrip().endswith((".", ",", "!", "?", ";"))
    return len(fields) >= _FIELDS_ALONE and (not is_sentence or any(_DAY.search(line) for line in fields))


def _is_foreign_header(row: list[str]) -> bool:
    """Recognize sender, moment, recipient and subject as Outlook sets them; a person may write a date so too."""
    is_dated = any(_DAY.search(line) and _HOUR.search(line) for line in row[1:3])
    return is_dated and _BRACKETED.search(row[0]) is not None and all(map(_LABEL.match, row))


def _is_attribution(lines: list[str], at: int, height: int) -> bool:
    """Exclude a line of the writer's own above the attribution."""
    below = next((line for line in lines[at + height : at + height + 3] if line.strip()), "")
    if _is_quoted(lines[at]) and (lines[at].rstrip().endswith(":") or not _is_quoted(below)):
        return False
    forms = (_forms_attribution(lines[at + above : at + height], below) for above in range(height))
    return next(forms) and not any(forms)


def _forms_attribution(part: list[str], below: str) -> bool:
    joined = " ".join(" ".join(part).split())
    if not all(line.strip() for line in part) or len(joined) > LONGEST_ATTRIBUTION:
        return False
    if not joined.endswith((":", "\uff1a")):
        return False
    has_address, has_verb, has_day, has_hour = (
        pattern.search(joined) is not None for pattern in (_ADDRESS, _WROTE, _DAY, _HOUR)
    )
    if _is_quoted(below):
        # A sentence may end in a colon and name an hour; with the day too, above marked lines, it is none.
        is_dated = (has_address or has_verb) and (has_day or has_hour)
        is_opened = has_verb and _OPENING.match(joined) is not None
        return is_dated or is_opened or (has_day and has_hour) or (has_address and _CITED.match(joined) is not None)
    if _IN_PERSON.search(joined):
        return False
    if has_verb:
        return has_day or (has_address and has_hour)
    return has_address and has_day and has_hour


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
