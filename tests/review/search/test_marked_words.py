"""Words with their vowel signs: marks belong to words, those that readers leave out fall away, on both databases."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable

import pytest

from members.models import Member
from review.models import SearchText
from review.text.search import query
from review.text.search.query import parse
from review.text.search.words import folded, tidy, words
from tests.review import factories

pytestmark = pytest.mark.django_db

Find = Callable[[str], set[str]]
TEXTS = {
    "Hindi": "हमारी हिन्दी टीम नई दिल्ली में है।",
    "Tamil": "எங்கள் புதிய கிடங்கு சென்னையில் உள்ளது.",
    "Bengali": "আমাদের নতুন গুদাম ঢাকায়।",
    "Sinhala": "ශ්‍රී ලංකාවේ නව ගබඩාව.",
    "Arabic": "تَمَّ افتتاحُ مُستودعٍ جديدٍ في دُبَيّ.",
    "Arabic, plain": "نرحب بكم في مكتب القاهرة الجديد.",
    "Hebrew": "שָׁלוֹם מִמַּחְסָן חָדָשׁ בְּחֵיפָה.",
    "Thai": "ที่คลังสินค้าใหม่ เราขายข้าว ไม่ขายข่าว",
    "Lao": "ສາງໃໝ່ຢູ່ວຽງຈັນ",
    "Tibetan": "བོད་སྐད་གསར་པ།",
    "Vietnamese": "Kho lạnh mới ở Đà Nẵng.",
    "Polish": "Chłodnia w Łodzi i w Ærø.",
    "Japanese": "ガス会社の新しい倉庫。",
}


@pytest.fixture
def found(admin: Member) -> Find:
    task = factories.make_task(by=admin)
    records = factories.make_records(factories.make_source(task), len(TEXTS), trigger="grew")
    fields = [{"subject": name, "body": unicodedata.normalize("NFD", text)} for name, text in TEXTS.items()]
    drafts = factories.make_drafts(task, records, fields=fields)
    names = dict(zip([draft.pk for draft in drafts], TEXTS, strict=True))

    def find(line: str) -> set[str]:
        rows = SearchText.objects.filter(words__matches=parse(line)).values_list("draft", flat=True)
        return {names[pk] for pk in rows}

    return find


def test_each_word_of_each_text_finds_that_text_and_its_letters_alone_do_not(found: Find) -> None:
    for name, text in TEXTS.items():
        for word in words(text):
            whole = tidy(text)[word.start : word.end]
            assert name in found(whole), (name, whole)


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("हिन्दी", {"Hindi"}),
        ("हनद", set()),  # its consonants alone are another word
        ("दिल*", {"Hindi"}),
        ("दिल", set()),
        ("சென்னையில்", {"Tamil"}),
        ("গুদাম", {"Bengali"}),
        ("শ", set()),
        ("ශ්රී", {"Sinhala"}),  # without the joiner
        ("مستودع", {"Arabic"}),
        ("مُسْتَوْدَعٌ", {"Arabic"}),
        ("القَاهِرَة", {"Arabic, plain"}),
        ("القاهـــرة", {"Arabic, plain"}),
        ("שלום", {"Hebrew"}),
        ("חָיפה", set()),
        ("מחסן", set()),  # the text says "from a store", in one word
        ("ข้าว", {"Thai"}),
        ("ขาว", set()),  # white, not rice
        ("ใหม่", {"Thai"}),
        ("ໃໝ່", {"Lao"}),
        ("བོད", {"Tibetan"}),
        ("da nang", {"Vietnamese"}),
        ("chlodnia aero", {"Polish"}),
        ("ガス", {"Japanese"}),
        ("ｶﾞｽ", {"Japanese"}),
        ("カス", set()),  # dregs, not gas
    ],
)
def test_marks_that_make_another_word_count_and_others_do_not(line: str, names: set[str], found: Find) -> None:
    assert found(line) == names


@pytest.mark.parametrize(("text", "line", "hit"), [
    (TEXTS["Hindi"], "हिन्दी", "हिन्दी"),
    (TEXTS["Arabic"], "مستودع", "مُستودعٍ"),
    (TEXTS["Thai"], "ข้าว", "ข้าว"),
])  # fmt: skip
def test_a_hit_is_drawn_with_its_marks(text: str, line: str, hit: str) -> None:
    parts = query.passage(text, parse(line))

    assert [part.text for part in parts if part.is_hit] == [tidy(hit)]


def test_composed_and_parted_letters_fold_alike() -> None:
    for text in TEXTS.values():
        assert folded(unicodedata.normalize("NFC", text)) == folded(unicodedata.normalize("NFD", text))
