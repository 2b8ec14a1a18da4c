"""Only what its writer added is a reply's text: above, between and below what is quoted, in plain mails and in HTML."""

from __future__ import annotations

from email.message import EmailMessage
from pathlib import Path

import pytest

from campaigns.replies.parsing import html_text, parse_mail, quotations
from tests import pace

FOOTER = f"-- \nNora Lind\n1 Quay Street\nNo more mails from us: https://site.example/u/{'a2' * 21}"
OURS = f"Hi Ada,\n\nwould a call help?\n\n{FOOTER}"
OURS_HTML = (
    "<p>Hi Ada,</p><p>would a call help?</p><hr><p><small>Nora Lind<br>1 Quay Street<br>"
    f'<a href="https://site.example/u/{"a2" * 21}">No more mails from us</a></small></p>'
)


def quoted(text: str) -> str:
    return "\n".join(f"> {line}".rstrip() for line in text.split("\n"))


ATTRIBUTIONS = [
    "On Fri, 20 Nov 2026 at 10:00, Nora Lind <nora@sender.example> wrote:",
    "fre. 20. nov. 2026 kl. 10:00 skrev Nora Lind <nora@sender.example\n>:",
    "Nora Lind <nora@sender.example> schrieb am Fr. 20. Nov. 2026 um 10:00:",
    "Nora Lind schrieb am 20.11.2026 um 10:00:",
    "Em sex., 20 de nov. de 2026 às 10:00, Nora Lind <nora@sender.example> escreveu:",
    "pt., 20 lis 2026 o 10:00 Nora Lind <nora@sender.example> napisał(a):",
    "pe 20. marrask. 2026 klo 10.00 Nora Lind (nora@sender.example) kirjoitti:",
    "2026年11月20日(金) 10:00 Nora Lind <nora@sender.example>:",
    "---- On Fri, 20 Nov 2026 10:00:00 +0100 Nora Lind <nora@sender.example> wrote ---",
]


@pytest.mark.parametrize("line", ATTRIBUTIONS)
def test_an_attribution_is_known_in_any_language_with_and_without_marks(line: str) -> None:
    own = "Yes please.\nTuesday at 10:30 suits."

    assert quotations.own_text(f"{own}\n\n{line}\n\n{OURS}\n") == own
    assert quotations.own_text(f"{own}\n{line}\n{quoted(OURS)}\n") == own
    assert quotations.own_text(f"{line}\n{quoted(OURS)}\n\n{own}\n") == own


@pytest.mark.parametrize(
    "names",
    [
        "From Sent To Subject",
        "Fra Sendt Til Emne",
        "Från Skickat Till Ämne",
        "Van Verzonden Aan Onderwerp",
        "Od Wysłano Do Temat",
        "差出人 送信日時 宛先 件名",
    ],
)
@pytest.mark.parametrize("above", ["", "-----A mail-----\n", "________________________________\n"])
def test_header_fields_of_a_quoted_mail_are_known_by_their_row(names: str, above: str) -> None:
    values = ["Nora Lind", "20 November 2026 10:11", "Ada Byron", "Trucks"]
    header = "\n".join(f"{name}: {value}" for name, value in zip(names.split(), values, strict=True))

    assert quotations.own_text(f"Yes.\n\n{above}{header}\n\n{OURS}") == "Yes."
    assert quotations.own_text(f"{above}{header}\n\n{quoted(OURS)}\n\nYes.") == "Yes."


@pytest.mark.parametrize(
    "text",
    [
        "From: what I understand, you do trucks.\nTo: be honest, we like it.",
        "Here is how it looks from our side:\nwe need two by 10:30.",
        "See the mail of Bob <bob@acme.example>:\nhe decides.",
        "Name: Ada\nPhone: 123\nEmail: ada@acme.example\nBest time: Tuesday 10:00",
        "Monday 10:30 or this, see below:",
        "--- but only in spring ---",
    ],
)
def test_a_writers_own_lines_that_look_like_an_introduction_stay(text: str) -> None:
    assert quotations.own_text(text) == text


@pytest.mark.parametrize(
    "line",
    [
        "나의 iPhone에서 보냄",
        "iPhoneから送信",
        "Outlook for iOS を入手",
        "获取 Outlook for Android",
        "Отправлено с iPhone",
        "Получить Outlook для Android<https://aka.ms/AAb9ysg>",
        "Στάλθηκε από το iPhone μου",
        "נשלח מה-iPhone שלי",
        "تم الإرسال من الـ iPhone الخاص بي",
        "Odesláno z iPhonu",
        "发自我的iPhone",
    ],
)
def test_what_phones_set_below_in_any_alphabet_goes(line: str) -> None:
    assert quotations.own_text(f"Ok.\n\n{line}\n\n{ATTRIBUTIONS[0]}\n\n{OURS}") == "Ok."


@pytest.mark.parametrize(
    "text",
    [
        "iPhoneで見ました\n来週お電話ください",
        "Работает на iPhone?",
        "Ok.\n\nWe use Outlook.",
        "Не присылайте мне mail",
        "Удалите мой адрес из Outlook",
        "Ok.\n\nУдалите мой mail из рассылки",
        "Γεια σας\n\nΔιαγράψτε το mail μου",
        "了解です\n\nmail 送らないで",
        " \n请不要再发 mail",
        "תסירו את ה mail שלי",
        "Хорошо\n\nДавайте созвонимся https://calendly.com/ivan",
        "Хорошо\n\nМой phone 123456",
    ],
)
def test_a_persons_own_line_about_a_device_stays(text: str) -> None:
    assert quotations.own_text(text) == text.strip()


def test_answers_between_and_below_stay_where_nothing_marks_our_words() -> None:
    line = ATTRIBUTIONS[0]

    assert quotations.own_text(f"{line}\n\n{OURS}\n\nYes, call me.\nAda") == "Yes, call me.\nAda"
    signed = f"Short.\n-- \nAda\n\n{line}\n{quoted('first?')}\nNo.\n{quoted('second?')}\nYes."
    assert quotations.own_text(signed) == "Short.\nNo.\nYes."


GMAIL = '<div class="gmail_quote gmail_quote_container"><div dir="ltr" class="gmail_attr">{}<br></div>{}</div>'
BLOCK = (
    '<blockquote class="gmail_quote" style="margin:0 0 0 .8ex;border-left:1px solid '
    '#ccc;padding-left:1ex">{}</blockquote>'
)


@pytest.mark.parametrize(
    ("source", "own"),
    [
        (f"<div>Yes.</div>{GMAIL.format('vendredi Nora', BLOCK.format(OURS_HTML))}", "Yes."),
        (f"{GMAIL.format('vendredi Nora', BLOCK.format(OURS_HTML))}<div>Yes.</div>", "Yes."),
        (
            "<div>Two.</div>"
            + GMAIL.format(
                "ven. Nora",
                BLOCK.format("<p>first?</p>") + "<div>No.</div>" + BLOCK.format("<p>second?</p>") + "<div>Yes.</div>",
            ),
            "Two.\nNo.\nYes.",
        ),
        (f'<div>See below.</div><div class="gmail_quote">---------- Forwarded message<br>{OURS_HTML}</div>',
            "See below."),
        (f'<blockquote type="cite">{OURS_HTML}</blockquote><p>Call me.</p>', "Call me."),
        ((
            '<p>A<br>B</p><div class="moz-cite-prefix">Le 20/11 Nora a dit&nbsp;:</div><blockquote '
            f'type="cite">{OURS_HTML}</blockquote><p>C</p>'
        ), "A\nB\nC"),
        (
            '<div>Yes.</div><div style="border:none;border-left:solid blue 1.5pt;padding:0in 0in 0in 4.0pt"><div '
            f'style="border:none;border-top:solid #E1E1E1 1.0pt"><p><b>Frá:</b> Nora</p></div>{OURS_HTML}</div><p>And '
            'below.</p>',
            "Yes.\nAnd below.",
        ),
        ((
            '<p>Yes.</p><div><div style="border:none;border-top:solid #E1E1E1 1.0pt"><p><b>Frá:</b> '
            f'Nora</p></div></div>{OURS_HTML}'
        ), "Yes."),
        ((
            '<div><div style="border:none;border-top:solid #E1E1E1 1.0pt"><p>Frá: '
            f'Nora</p></div></div>{OURS_HTML}<p>Below ours.</p>'
        ), "Below ours."),
        (
            '<p>Yes.</p><hr><div id="divRplyFwdMsg"><b>From:</b> Nora</div>'
            + OURS_HTML.replace("https://site.example/", "https://safe.example/?url=https%3A%2F%2Fsite.example%2F")
            + "<p>Below.</p>",
            "Yes.\nBelow.",
        ),
        ((
            '<p>I suggest:</p><blockquote style="margin:0 0 0 '
            '40px;border:none;padding:0px"><div>Tuesday.</div></blockquote>'
        ), "I suggest:\nTuesday."),
        ("<pre>one\ntwo</pre><p>three\nfour</p>", "one\ntwo\nthree four"),
        ((
            "<!--[if mso]><xml><o:p>96</o:p></xml><![endif]--><head><title>x</title><body>Hi<o:p></o:p> &lt;there&gt;"
        ), "Hi <there>"),
        ((
            '<div>Yes.</div><div id="yahoo_quoted_12" '
            f'class="yahoo_quoted"><div>Nora:</div>{OURS_HTML}</div><div>Bye.</div>'
        ), "Yes.\nBye."),
    ],
)  # fmt: skip
def test_own_words_stay_wherever_they_stand_in_html(source: str, own: str) -> None:
    mail = EmailMessage()
    mail.set_content(f"<html><body>{source}</body></html>", subtype="html")

    assert parse_mail.parse_mail(mail.as_bytes()).text == own


# Written by hand, after mail programs in many languages; the writer's own lines begin with a plus.
BLOCKS = (Path(__file__).parent / "quoted_replies.txt").read_text().removeprefix("=== ").split("\n=== ")
WRITTEN = {name: text.rstrip("\n").split("\n") for name, _, text in (block.partition("\n") for block in BLOCKS)}


@pytest.mark.parametrize("name", WRITTEN)
def test_of_a_reply_only_what_the_writer_added_is_read(name: str) -> None:
    own = [line[1:] for line in WRITTEN[name] if line.startswith("+")]
    # An HTML mail stands apart from the text that a reader sees in it.
    is_html = " html" in name
    lines = [line.removeprefix("+") for line in WRITTEN[name] if not (is_html and line.startswith("+"))]
    mail = EmailMessage()
    mail.set_content("\n".join(lines), subtype="html" if is_html else "plain")

    assert parse_mail.parse_mail(mail.as_bytes()).text.split() == "\n".join(own).split()


PIXELS = "iVBORw0KGgo+/" * 20_000


@pytest.mark.parametrize(
    "picture",
    [
        f'<img alt="Logo" src="data:image/png;base64,{PIXELS}">',
        f"<img src='data:image/jpeg;name=a.jpg;base64,{PIXELS[:60_000]}\n {PIXELS[:9_000]}' class=gmail_quote>",
        f"<img src=data:image/gif;base64,{PIXELS[:9_000]}>",
        f'<span style="background:url(data:image/png;base64,{PIXELS[:9_000]})"></span>',
        f'<span data-trace="{PIXELS[:9_000]}"></span>',
        f'<v:imagedata src="{PIXELS[:9_000]}"></v:imagedata>',
    ],
)
def test_a_picture_within_an_html_mail_is_none_of_its_words(picture: str) -> None:
    text = html_text.text_of_html(f"<p>Tuesday suits.</p><p>{picture}</p><p>Ada</p>")

    assert text.split() == ["Tuesday", "suits.", "Ada"]


def test_a_tag_that_the_longest_mail_is_cut_in_is_none_of_its_words() -> None:
    assert html_text.text_of_html("<p>Yes.</p>" + "<br >" * 39_998 + f'<p title="{PIXELS}">') == "Yes."


@pytest.mark.slow(after_first=True)
@pytest.mark.parametrize(
    "unit",
    [
        "<div ",
        "<div>",
        "<blockquote>",
        "</p>",
        "<script>",
        "<!--",
        '<div class="gmail_quote">',
        "&lt;",
        "<a href=x>",
        "data:a/b",
        "border-left:",
        "<a border-left:",
    ],
)
def test_html_is_read_in_time_that_grows_with_its_length(unit: str) -> None:
    source = "<p " + unit * (html_text.MAX_CHARS // len(unit)) + ">"

    with pace.within(2):
        quotations.own_text(html_text.text_of_html(source))


@pytest.mark.outside_data
@pytest.mark.parametrize(
    ("name", "own"),
    [
        ("q01_danish_outlook", "Ja tak, ring til mig tirsdag."),
        ("q02_norwegian_gmail", "Ja, gjerne.\n\nMvh\nOla\nWeb: www.havnbryg.example"),
        ("q08_de_name_first_unquoted", "Gern, Dienstag passt."),
        ("q10_portuguese", "Sim, terça-feira."),
        ("q11_polish", "Tak, we wtorek."),
        ("q17_zoho", "Yes please, Tuesday."),
        ("q19_author_line",
            "From: what I understand, you do trucks.\nTo: be honest, we like it. Please call me Tuesday."),
    ],
)  # fmt: skip
def test_of_these_mails_only_what_the_writer_added_is_the_text(outside_data: Path, name: str, own: str) -> None:
    assert parse_mail.parse_mail((outside_data / "cases" / "mails" / f"{name}.eml").read_bytes()).text == own


def test_a_date_that_a_person_proposes_in_fields_is_no_quotation() -> None:
    own = "Contact: Bo Ek <bo@acme.example>\nWhen: 20 Nov 2026 10:00\nWhere: Room 4\nTopic: prices\n\nSee you there"

    assert quotations.own_text(own) == own


@pytest.mark.parametrize("line", ["Outlook does it too: <https://aka.ms/addin>", "Android cihazlar size gönderildi"])
def test_a_sentence_that_names_a_program_is_no_signature(line: str) -> None:
    own = f"{line}\nWhat does it cost?"

    assert quotations.own_text(own) == own
