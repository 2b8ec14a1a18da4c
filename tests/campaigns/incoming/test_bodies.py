"""The text of a mail is read whole: from the parts its reader sees, and by what their charsets are in practice."""

from __future__ import annotations

from base64 import b64encode

import pytest

from campaigns.replies.parsing import parse_mail

PICTURE = "Content-Type: image/png\nContent-Disposition: inline\nContent-Transfer-Encoding: base64\n\niVBO"
ABOVE, BELOW = "Content-Type: text/plain\n\nSee the photo.", "Content-Type: text/plain\n\nPlease remove me."
HTML = "Content-Type: text/html\n\n"


def of_parts(kind: str, *parts: str) -> str:
    body = "".join(f"--{kind}\n{part}\n" for part in parts)
    return f"Content-Type: multipart/{kind}; boundary={kind}\n\n{body}--{kind}--\n"


@pytest.mark.parametrize(
    ("mail", "text"),
    [
        (of_parts("mixed", ABOVE, PICTURE, BELOW), "See the photo.\n\nPlease remove me."),
        (of_parts("mixed", f"{HTML}See the photo.<br>", PICTURE, f"{HTML}<br>Ada"), "See the photo.\n\nAda"),
        (of_parts("mixed", ABOVE, PICTURE), "See the photo."),
        (of_parts("mixed", ABOVE, BELOW), "See the photo."),
        (of_parts("mixed", ABOVE, 'Content-Type: text/plain; name="a.log"\n\nA log', PICTURE), "See the photo."),
        (of_parts("mixed", ABOVE, of_parts("digest", "Content-Type: message/rfc822\n\nTo: a@b.example\n\nHi")),
         "See the photo."),
        (of_parts("alternative", ABOVE, of_parts("mixed", f"{HTML}See", PICTURE, f"{HTML}Remove")), "See the photo."),
        (of_parts("alternative", "Content-Type: text/plain\n\n", of_parts("related", f"{HTML}Yes", PICTURE)), "Yes"),
        (of_parts("alternative", "Content-Type: text/plain\n\nYour program shows no HTML.", f"{HTML}Yes"), "Yes"),
        (of_parts("alternative", "Content-Type: text/plain\n\nPlease send no HTML.", f"{HTML}Please send no HTML."),
         "Please send no HTML."),
        ("Content-Type: multipart/alternative; boundary=never\n\nPlease remove me.", "Please remove me."),
    ],
)  # fmt: skip
def test_a_text_that_a_picture_parts_is_one_and_of_alternatives_one_is_read(mail: str, text: str) -> None:
    assert parse_mail.parse_mail(mail.encode()).text == text


@pytest.mark.parametrize(
    ("charset", "written", "text"),
    [
        ("iso-8859-1", "cp1252", "It’s € 900 – too dear"),
        ("us-ascii", "utf-8", "Ça va très bien"),
        ("", "cp1252", "Nej tak – vi er mætte"),
        ("utf-8", "cp1252", "Schöne Grüße"),
        ("iso-8859-1", "utf-8", "Schöne Grüße"),
        ("x-unknown", "cp1252", "Schöne Grüße"),
        ("cp-1250", "cp1250", "Dziękuję, proszę"),
        ("iso-8859-8-i", "iso-8859-8", "לא תודה"),
        ("gb2312", "gbk", "谢谢，镕"),
        ("ks_c_5601-1987", "cp949", "아니요 똠"),
        ("koi8-r", "koi8-r", "Спасибо"),
    ],
)
def test_letters_are_read_by_what_a_charset_is_in_practice(charset: str, written: str, text: str) -> None:
    word = b64encode(text.encode(written)).decode()
    parameter = f"; charset={charset}" if charset else ""
    head = f"Subject: =?{charset or 'utf-8'}?b?{word}?=\nContent-Type: text/plain{parameter}\n"

    raw = parse_mail.parse_mail(f"{head}Content-Transfer-Encoding: base64\n\n{word}".encode())

    assert (raw.subject, raw.text, raw.problems) == (text, text, ())


def test_a_letter_that_is_cut_leaves_the_others_as_they_are() -> None:
    raw = b"Content-Type: text/plain; charset=utf-8\n\n" + "Schöne Grüße".encode()[:-4]

    assert parse_mail.parse_mail(raw).text == "Schöne Gr\ufffd"
