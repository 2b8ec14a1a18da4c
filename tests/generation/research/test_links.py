"""Which pages are read after the start page."""

from __future__ import annotations

import random

import pytest

from generation.engine.research.charset import decode
from generation.engine.research.links import Link, canonical, choose, same_site

BASE = "https://www.acme.example/"
LINKS = [
    Link("/impressum", "Impressum"), Link("/shop/cart", "Cart"), Link("/blog/2024/03/a-long-story", "Read more"),
    Link("/en/produkte", "Was wir machen"), Link("/company", "Wer wir sind"), Link("/presse", "Presse"),
    Link("https://acme.example/company/", "About"), Link("mailto:x@acme.example", "Write"),
    Link("/deck.pdf", "Products"), Link("https://elsewhere.example/about", "About"), Link("#top", "Top"),
    Link("https://[broken", "About"), Link("https://news.acme.example/", "Newsroom"),
    Link("javascript:alert(1)", "Products"),
]  # fmt: skip


def test_one_page_of_each_topic_comes_before_a_second_of_any() -> None:
    chosen = choose(BASE, LINKS, most=4)

    assert chosen == [
        "https://acme.example/company/", "https://www.acme.example/en/produkte", "https://news.acme.example/",
        "https://www.acme.example/presse",
    ]  # fmt: skip


def test_the_order_of_links_makes_no_difference() -> None:
    shuffled = LINKS[:]
    random.Random(3).shuffle(shuffled)

    assert choose(BASE, shuffled, most=9) == choose(BASE, LINKS, most=9)


def test_what_is_read_already_is_not_chosen_again() -> None:
    chosen = choose(BASE, [Link("/", "Home"), Link("/about#team", "About"), Link("/news/", "News")], most=9,
                    but=["http://acme.example/news"])  # fmt: skip

    assert chosen == ["https://www.acme.example/about"]


def test_a_site_is_its_host_and_what_lies_below_it() -> None:
    assert same_site("https://acme.example/", "http://www.acme.example/x")
    assert same_site("https://acme.example/", "https://jobs.acme.example/")
    assert not same_site("https://acme.example/", "https://notacme.example/")
    assert not same_site("https://acme.example/", "https://acme.example:8443/")


def test_two_writings_of_an_address_are_one() -> None:
    assert canonical("http://WWW.acme.example/a/#b") == canonical("https://acme.example/a")
    assert canonical("https://acme.example/a?x=1") != canonical("https://acme.example/a")


def test_a_page_is_decoded_by_its_own_word_where_the_header_has_none() -> None:
    body = '<html><meta charset="shift_jis"><p>日本語のページ</p>'.encode("shift_jis")

    assert "日本語のページ" in decode(body)
    assert "日本語" in decode(
        '<meta http-equiv="Content-Type" content="text/html; charset=euc-jp">日本語'.encode("euc-jp")
    )


def test_quotation_marks_of_windows_survive_the_name_latin_1() -> None:
    assert decode("“so”".encode("windows-1252"), "iso-8859-1") == "“so”"


@pytest.mark.parametrize("declared", ["", "utf-8"])
def test_a_letter_that_was_cut_leaves_the_others_as_they_are(declared: str) -> None:
    body = "Größe, Maße, Gewä".encode()[:-1]

    assert decode(body, declared) == "Größe, Maße, Gew"


@pytest.mark.parametrize(("text", "charset", "name"), [
    ("朱镕基先生", "gbk", "gb2312"), ("똠방각하", "cp949", "euc-kr"), ("①日本", "cp932", "shift_jis"),
])  # fmt: skip
def test_a_charset_is_read_as_browsers_read_its_name(text: str, charset: str, name: str) -> None:
    assert decode(text.encode(charset), name) == text


@pytest.mark.parametrize("text", ["Größe", "Größen"])
def test_a_page_whose_own_word_can_be_read_is_not_in_utf_16(text: str) -> None:
    page = f'<meta charset="utf-16">{text}'

    assert decode(page.encode()) == page


def test_a_codec_that_is_no_charset_is_not_applied() -> None:
    assert decode(b"uryyb", "rot13") == "uryyb"
