"""Checks that look for words, in scripts that set no blanks between them."""

from __future__ import annotations

import pytest

from review.spec.starters import outreach
from review.spec.task_spec import Check
from review.text import checks
from tests.review.checks.test_checks import FACTS, OFFER


@pytest.mark.parametrize(
    ("language", "phrase", "text", "marked"),
    [
        ("zh", "保证成功", "我们保证成功率很高。", ["保证成功"]),
        ("ja", "絶対に", "これは絶対に安全です。絶対にどうぞ。", ["絶対に", "絶対に"]),
        ("th", "รับประกัน", "เรารับประกันผลลัพธ์", ["รับประกัน"]),
        ("zh", "iPhone保证", "新iPhone保证了。", ["iPhone保证"]),
        ("zh", "iPhone", "新iPhone很好, iPhones不是。", ["iPhone", "iPhones"]),
        ("zh", "risk", "没有brisk很好", []),
        ("th", "ดี", "สวัสดีครับ เด็กดูดาว", ["ดี"]),
        ("th", "ดี", "เด็กดูดาว", []),
        ("th", "ดีที่สุด", "ดูทุสัด", []),
        ("my", "နဲ့", "နောက်", []),
    ],
)
def test_forbidden_phrases_are_found_within_running_text(
    language: str, phrase: str, text: str, marked: list[str]
) -> None:
    offer = OFFER.model_copy(update={"forbidden_phrases": (phrase,)})
    spec = outreach.SPEC.model_copy(update={"offer": offer, "checks": (Check(kind="forbidden"),), "language": language})

    found = checks.run(spec, FACTS, {"subject": "", "body": text})

    assert [text[mark.start : mark.end] for mark in found] == marked


@pytest.mark.parametrize(
    ("company", "text", "is_named"),
    [
        ("山田製作所 Ltd", "先日、山田製作所様は倉庫を開きました。", True),
        ("山田製作所 Ltd", "先日、田中製作所様は倉庫を開きました。", False),
        ("Acme Ltd", "我们看到Acme的仓库。", True),
    ],
)
def test_a_company_is_named_within_running_text(company: str, text: str, is_named: bool) -> None:
    spec = outreach.SPEC.model_copy(update={"checks": (Check(kind="names_company"),), "language": "ja"})

    found = checks.run(spec, {**FACTS, "company": company}, {"subject": "", "body": text})

    assert (found == []) is is_named
