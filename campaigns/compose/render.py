"""Makes one mail of a text with slots: a subject, a plain text and an HTML that say the same.

Pure Python. What a model or a person wrote is text and nothing else here: it is escaped, its own web and mail
addresses are written so that no mail program makes links of them, and line breaks cannot reach a header. Links come
from the slots alone.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from html import escape

from campaigns.compose import merge_marks
from campaigns.compose.addresses_in_text import defused
from review.spec.schema import SLOT

SUBJECT_CHARS = 200
LINK = "link."
DEFAULT_HINT = "A default is a few plain words after one stroke: {{contact.first_name|there}}. A link takes none."
# Stand-ins for links while the rest of the text is made harmless; none of them may come from outside.
_FIRST_MARK = 0xE000
_MARKS = re.compile("[\ue000-\uf8ff]")
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
_BLANKS = re.compile(r"\s+")


def slot_name(slot: re.Match[str]) -> str:
    """Return the name that a slot's value stands under.

    A link always has a value: one with a default has no such name.
    """
    name, default = slot["name"], slot["default"]
    return f"{name}|{default}" if default and name.startswith(LINK) else name


def shown_slot(name: str) -> str:
    """Return a slot as it stands in a text; a mark of another mail merge as it is."""
    return name if next(merge_marks.marks_in(name), None) else f"{{{{{name}}}}}"


class UnfilledSlotError(ValueError):
    """Text with slots that nothing fills; it must not go out.

    Attributes:
        slots: Their names, in order, each once; marks of other mail merges as they stand.
    """

    def __init__(self, slots: list[str]) -> None:
        super().__init__(f"no value for {', '.join(shown_slot(slot) for slot in slots)}")
        self.slots = slots


class UnfilledValueError(UnfilledSlotError):
    """A value that holds a mark of a mail merge: it stands in a contact's cell, or a sender's, and must not go out.

    Attributes:
        slots: What the values are called, in order.
    """

    def __init__(self, marks: Mapping[str, str]) -> None:
        places = "; ".join(f"{name} holds {mark}" for name, mark in marks.items())
        ValueError.__init__(self, f"{places}, which was never filled in")
        self.slots = list(marks)


@dataclass(frozen=True, slots=True)
class Footer:
    """Footer of every mail.

    Attributes:
        unsubscribe_url: The page on which one click ends all mails.
        reason: Why the reader gets this, in one sentence; may be empty.
        leave: What the way out is called, in the reader's language.
    """

    sender: str
    postal_address: str
    unsubscribe_url: str
    reason: str = ""
    leave: str = "No more mails from us"


@dataclass(frozen=True, slots=True)
class Rendered:
    """A mail ready for its headers: a one-line subject, a plain text, and an HTML body of the same words."""

    subject: str
    text: str
    html: str


def render(
    fields: Mapping[str, str],
    *,
    slots: Mapping[str, str],
    footer: Footer,
    plain_names: Collection[str] = (),
    pixel_url: str = "",
    names: Mapping[str, str] | None = None,
    quoted_subject: bool = False,
) -> Rendered:
    """Fill a mail and put its footer under it.

    A slot with an empty value takes its default: `Hi {{contact.first_name|there}},` becomes `Hi there,`. Without a
    default it goes, and the blank before it: `Hi {{contact.first_name}},` becomes `Hi,`. Values are words: braces in
    them are no slot, and a mail whose words nothing filled does not go out.

    Args:
        fields: `subject` and `body`, with slots in double braces.
        slots: Values by slot name. Those that begin with `link.` are addresses of ours; all others are plain words.
        plain_names: Words that look like an address and are none, such as the company name `Booking.com`.
        pixel_url: Tracking pixel; only for contacts who agreed to open tracking.
        names: Values by slot name that stand in the mail's headers, looked at as those in its text are.
        quoted_subject: Whether the subject stood in a mail before: what looks like a slot in it is words.

    Raises:
        UnfilledSlotError: The text has a slot without a value in `slots`, or a mark of another mail merge.
        UnfilledValueError: A value has one.
    """
    written = {name: text for name, text in fields.items() if name != "subject" or not quoted_subject}
    if unfilled := unfilled_slots(written, slots):
        raise UnfilledSlotError(unfilled)
    if marks := merge_marks.unfilled({**_values_used(written, slots), **_words_of(footer), **(names or {})}):
        raise UnfilledValueError(marks)
    subject, _ = _filled(fields.get("subject", ""), slots, plain_names, with_links=False, with_slots=not quoted_subject)
    body, links = _filled(fields.get("body", ""), slots, plain_names, with_links=True)
    return Rendered(
        subject=_BLANKS.sub(" ", subject).strip()[:SUBJECT_CHARS],
        text=_as_text(body, links, footer),
        html=_as_html(body, links, footer, pixel_url),
    )


def unfilled_slots(fields: Mapping[str, str], slots: Collection[str]) -> list[str]:
    """Names of slots in a text that nothing fills, and other mail merges' marks as they stand, in order, each once."""
    texts = [fields.get("subject", ""), fields.get("body", "")]
    names = [slot_name(match) for text in texts for match in SLOT.finditer(text)]
    others = [match.group() for text in texts for match in merge_marks.marks_in(SLOT.sub(" ", text))]
    return [*(name for name in dict.fromkeys(names) if name not in slots), *dict.fromkeys(others)]


def _values_used(fields: Mapping[str, str], slots: Mapping[str, str]) -> dict[str, str]:
    texts = (fields.get("subject", ""), fields.get("body", ""))
    names = dict.fromkeys(slot_name(match) for text in texts for match in SLOT.finditer(text))
    return {name: slots[name] for name in names if not name.startswith(LINK)}


def _words_of(footer: Footer) -> dict[str, str]:
    named = {"sender.name": footer.sender, "sender.postal_address": footer.postal_address}
    return {**named, "contact.basis_source": footer.reason}


def one_line(text: str) -> str:
    """A text that can stand in a header: no control characters, no line breaks, no direction tricks."""
    return _BLANKS.sub(" ", _CONTROLS.sub(" ", text)).strip()


def _filled(
    text: str, slots: Mapping[str, str], plain_names: Collection[str], *, with_links: bool, with_slots: bool = True
) -> tuple[str, list[tuple[str, str]]]:
    """Fill plain slots and make the text harmless; links become marks that stand for (name, address)."""
    links: list[tuple[str, str]] = []

    def fill(match: re.Match[str]) -> str:
        blank, name = match["blank"], slot_name(match)
        value = slots[name] if slots[name].strip() else match["default"]
        if not value:
            return ""
        if not name.startswith(LINK):
            return blank + _MARKS.sub("", one_line(value))
        if not with_links:
            return blank
        links.append((name.removeprefix(LINK), value))
        # Set off by blanks, so that no word of the text can become a part of the address.
        return f" {chr(_FIRST_MARK + len(links) - 1)} "

    clean = _MARKS.sub("", _CONTROLS.sub("", text))
    return defused(_SLOT_WITH_BLANK.sub(fill, clean) if with_slots else clean, plain_names), links


_SLOT_WITH_BLANK = re.compile(r"(?P<blank>[ \t]?)" + SLOT.pattern)
_GAP_BEFORE_STOP = re.compile(r"([\ue000-\uf8ff]) +(?=[.,;:!?)](?:\s|$))")


def _as_text(body: str, links: list[tuple[str, str]], footer: Footer) -> str:
    lines = [_MARKS.sub(lambda match: links[ord(match.group()) - _FIRST_MARK][1], _tidy(body)), "", "-- "]
    lines += [*_footer_lines(footer), f"{footer.leave}: {footer.unsubscribe_url}"]
    return "\n".join(lines) + "\n"


def _as_html(body: str, links: list[tuple[str, str]], footer: Footer, pixel_url: str) -> str:
    def anchor(match: re.Match[str]) -> str:
        name, url = links[ord(match.group()) - _FIRST_MARK]
        return f'<a href="{escape(url)}">{escape(name.replace("-", " ").replace("_", " "))}</a>'

    paragraphs = [_MARKS.sub(anchor, escape(_tidy(part))).replace("\n", "<br>\n") for part in _paragraphs(body)]
    foot = "<br>\n".join(escape(line) for line in _footer_lines(footer))
    leave = f'<a href="{escape(footer.unsubscribe_url)}">{escape(footer.leave)}</a>'
    pixel = f'<img src="{escape(pixel_url)}" width="1" height="1" alt="">' if pixel_url else ""
    inside = "\n".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)
    return (
        '<!DOCTYPE html>\n<html><head><meta charset="utf-8"></head><body>\n'
        f"{inside}\n<hr>\n<p><small>{foot}<br>\n{leave}</small></p>{pixel}\n</body></html>\n"
    )


def _footer_lines(footer: Footer) -> list[str]:
    lines = (footer.sender, *footer.postal_address.splitlines(), footer.reason)
    return [line for line in (one_line(line) for line in lines) if line]


def _paragraphs(body: str) -> Iterator[str]:
    return (part.strip("\n") for part in re.split(r"\n{2,}", body.strip()) if part.strip())


def _tidy(text: str) -> str:
    one_blank = re.sub(r" {2,}", " ", _GAP_BEFORE_STOP.sub(r"\1", text))
    return "\n".join(line.strip() for line in one_blank.split("\n")).strip()
