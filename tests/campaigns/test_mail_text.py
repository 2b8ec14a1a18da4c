from __future__ import annotations

from datetime import date
from html.parser import HTMLParser

import pytest

from campaigns.compose import farewells
from campaigns.compose.render import Footer, UnfilledSlotError, render, unfilled_slots
from campaigns.states import Language, LawfulBasis

FOOTER = Footer("Mara at Tidewell", "Tidewell Ltd\n1 Quay Street", "https://ours.example/u/tok", "You asked for it.")
SLOTS = {"contact.first_name": "Ada", "contact.company": "Booking.com", "link.demo": "https://ours.example/t/c/tok"}


class Links(HTMLParser):
    """Where the anchors and images of an HTML lead, and its tags."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.urls: list[str] = []
        self.tags: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.urls += [value or "" for name, value in attrs if name in ("href", "src")]


def mail(body: str, subject: str = "Hello"):
    return render({"subject": subject, "body": body}, slots=SLOTS, footer=FOOTER, plain_names=["Booking.com"])


def test_slots_are_filled_and_the_footer_stands_below() -> None:
    made = mail("Hi {{contact.first_name}},\n\nSee {{link.demo}}.\n\nMara")

    assert "Hi Ada,\n\nSee https://ours.example/t/c/tok.\n\nMara" in made.text
    assert made.text.endswith("No more mails from us: https://ours.example/u/tok\n")
    assert "Tidewell Ltd\n1 Quay Street\nYou asked for it." in made.text
    assert Links(made.html).urls == ["https://ours.example/t/c/tok", "https://ours.example/u/tok"]


def test_an_empty_value_takes_its_blank_along() -> None:
    made = render(
        {"subject": "For {{contact.first_name}}", "body": "Hi {{contact.first_name}},"},
        slots={"contact.first_name": ""}, footer=FOOTER,
    )  # fmt: skip

    assert made.subject == "For"
    assert made.text.startswith("Hi,")


def test_a_slot_that_nothing_fills_is_never_sent() -> None:
    fields = {"subject": "{{contact.shoe_size}}", "body": "{{link.none}} {{link.none}}"}

    with pytest.raises(UnfilledSlotError) as caught:
        render(fields, slots=SLOTS, footer=FOOTER)

    assert caught.value.slots == ["contact.shoe_size", "link.none"]
    assert unfilled_slots(fields, SLOTS) == ["contact.shoe_size", "link.none"]


@pytest.mark.parametrize(
    "subject",
    [
        "A\r\nBcc: victim@evil.example",
        "A\nBcc: victim@evil.example",
        "A\u2028Bcc: x",
        "A\x0bB\x00C",
        "{{contact.first_name}}\r\nX: y",
    ],
)
def test_a_subject_is_one_line(subject: str) -> None:
    made = mail("Text", subject)

    assert len(made.subject.splitlines()) == 1
    assert not any(ord(sign) < 32 for sign in made.subject)


def test_a_name_with_line_breaks_cannot_make_a_header() -> None:
    made = render(
        {"subject": "Hi {{contact.first_name}}", "body": "Hi"},
        slots={"contact.first_name": "Ada\r\nBcc: v@evil.example"}, footer=FOOTER,
    )  # fmt: skip

    assert made.subject == "Hi Ada Bcc: v[at]evil[.]example"


@pytest.mark.parametrize(
    "hostile",
    [
        "https://evil.example/x", "HTTP://EVIL.EXAMPLE", "www.evil.example/path", "evil.com", "evil.com/x?y=1",
        "mailto:me@evil.com", "write to me@evil.com now", "ftp://evil.example", "javascript:alert(1)", "127.0.0.1/x",
        "https://evil.example/?u={{link.demo}}", "{{link.demo}}@evil.com", "{{link.demo}}.evil.com",
        "evil.com{{link.demo}}", "<a href='https://evil.example'>x</a>", "<img src=https://evil.example/p.gif>", "[x](https://evil.example)",
        "\ue000", "\ue000\ue001 https://evil.com", "tel:+4912345", "münchen-evil.com", "data:text/html,x",
    ],
)  # fmt: skip
def test_only_links_of_ours_are_links(hostile: str) -> None:
    made = mail(f"Look: {hostile} and {{{{link.demo}}}}", f"See {hostile}".replace("{{link.demo}}", ""))

    found = Links(made.html)
    assert {url for url in found.urls if not url.startswith("https://ours.example/")} == set()
    assert set(found.tags) <= {"html", "head", "meta", "body", "p", "a", "br", "hr", "small"}
    body = made.text.split("\n-- \n")[0]
    for word in body.replace("\n", " ").split():
        assert "://" not in word or word.rstrip(".,;:!?)") == "https://ours.example/t/c/tok"
        assert "@evil." not in word
        assert "evil.com" not in word
    assert "://" not in made.subject


def test_a_company_that_looks_like_an_address_is_named_as_it_is() -> None:
    made = mail("I read that {{contact.company}} grew. Booking.com/deals is no name.")

    assert "that Booking.com grew" in made.text
    assert "Booking[.]com/deals" in made.text


def test_markup_in_the_text_is_text() -> None:
    made = mail('5 < 6 & <script>alert(1)</script> "quoted"')

    assert "<script>" not in made.html
    assert "5 &lt; 6 &amp; &lt;script&gt;" in made.html
    assert "<script>alert(1)</script>" in made.text


def test_the_picture_is_only_there_when_asked_for() -> None:
    plain = mail("Text")
    tracked = render({"subject": "S", "body": "T"}, slots={}, footer=FOOTER, pixel_url="https://ours.example/t/o/x.gif")

    assert "<img" not in plain.html
    assert 'src="https://ours.example/t/o/x.gif"' in tracked.html


@pytest.mark.parametrize(
    "words", ["e.g. this", "done.We go", "3.5 t", "at 14.30 h", "i.e., that", "v2.0", "Inc.", "and/or", "24/7"]
)
def test_ordinary_words_stay_as_they_are(words: str) -> None:
    assert words in mail(words).text


@pytest.mark.parametrize(
    ("language", "reason", "leave"),
    [
        ("", "We have your address from: trade fair in Lund, 4 May 2026.", "No more mails from us"),
        ("de", "Ihre Adresse haben wir von: trade fair in Lund, 4. Mai 2026.", "Keine weiteren Mails von uns"),
        ("es", "Tenemos su dirección de: trade fair in Lund, 4 de mayo de 2026.", "No recibir más mensajes"),
    ],
)
def test_the_words_under_a_mail_are_in_the_readers_language(language: str, reason: str, leave: str) -> None:
    words = farewells.farewell_of(language)
    basis = LawfulBasis.LEGITIMATE_INTEREST

    assert words.reason(basis, source="trade fair in Lund.", on=date(2026, 5, 4)) == reason
    assert words.leave == leave


@pytest.mark.parametrize("language", Language.values)
def test_every_language_says_everything(language: str) -> None:
    words = farewells.farewell_of(language)

    assert set(words.reasons) == set(LawfulBasis)
    assert len(words.months.split()) == 12
    assert "{address}" in words.promise
    assert "{address}" in words.on_list
