"""The language of a page: the member's choice, else the browser's; English wherever a page is not translated."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.conf import settings
from django.test import Client
from django.urls import get_resolver
from django.utils import translation
from rest_framework.test import APIClient

from members.accounts import manage
from members.models import Member
from review.desk import deck
from review.models import Task
from tests.review import factories
from web.language import sentences

pytestmark = pytest.mark.django_db
DESK = "/tasks/outreach/review/"


@pytest.fixture
def task(admin: Member) -> Task:
    return factories.make_desk(by=admin, count=3)


def chosen(member: Member, language: str) -> Member:
    return manage.save_preferences(member, preferences={"language": language})


def test_a_members_choice_goes_before_what_the_browser_asks_for(
    task: Task, admin: Member, as_member: Callable[[Member], Client]
) -> None:
    client = as_member(chosen(admin, "it"))

    page = client.get(DESK, headers={"Accept-Language": "de"})

    assert '<html lang="it"' in page.text
    assert page.headers["Content-Language"] == "it"
    assert "Accetta" in page.text


@pytest.mark.parametrize(
    ("header", "language"), [("de-AT,en;q=0.5", "de"), ("pt-BR", "en"), ("nl", "nl"), ("", "en"), ("*;q=x", "en")]
)
def test_without_a_choice_the_browser_decides(
    header: str, language: str, task: Task, admin: Member, as_member: Callable[[Member], Client]
) -> None:
    page = as_member(admin).get(DESK, headers={"Accept-Language": header})

    assert f'<html lang="{language}"' in page.text


def test_signing_in_speaks_the_browsers_language(db: None) -> None:
    page = Client().get("/accounts/login/", headers={"Accept-Language": "fr"})

    assert "utilisateur" in page.text
    assert "Mot de passe" in page.text
    assert "Password" not in re.sub(r'(?:id|name|for|type|autocomplete)="[^"]*"', "", page.text)


def test_a_choice_is_kept_for_the_sign_in_page_of_this_browser(
    admin: Member, as_member: Callable[[Member], Client]
) -> None:
    client = as_member(admin)
    form = {"theme": "system", "density": "regular", "shortcuts": "on", "language": "es"}

    client.post("/settings/", form)
    client.post("/accounts/logout/")

    assert Member.objects.get(pk=admin.pk).preferences["language"] == "es"
    assert '<html lang="es"' in client.get("/accounts/login/", headers={"Accept-Language": "en"}).text


def test_a_page_that_is_not_translated_is_wholly_english(
    task: Task, admin: Member, as_member: Callable[[Member], Client]
) -> None:
    client = as_member(chosen(admin, "de"))

    for address in ("/", "/settings/", "/tasks/outreach/", "/tasks/outreach/review/agreement/"):
        page = client.get(address)
        assert '<html lang="en"' in page.text
        assert "Einstellungen" not in page.text


def test_a_page_of_an_error_is_wholly_english(task: Task, admin: Member, as_member: Callable[[Member], Client]) -> None:
    page = as_member(chosen(admin, "de")).get("/tasks/absent/review/")

    assert page.status_code == 404
    assert '<html lang="en"' in page.text


def test_the_next_request_of_a_thread_does_not_inherit_a_language(
    task: Task, admin: Member, as_member: Callable[[Member], Client]
) -> None:
    as_member(chosen(admin, "de")).get(DESK)

    assert translation.get_language() == settings.LANGUAGE_CODE


def test_the_api_is_english_but_for_a_script_that_names_the_language_of_its_page(
    task: Task, admin: Member, api_as: Callable[..., APIClient]
) -> None:
    client = api_as(chosen(admin, "de"))
    keys = {"keys": {"accept": "g"}}

    plain = client.put("/api/v1/desk/keys/", keys, format="json", headers={"Accept-Language": "de"})
    named = client.put("/api/v1/desk/keys/", keys, format="json", headers={"X-Page-Language": "de"})

    assert plain.json()["title"] == "g begins a jump to another page; take another letter."
    assert named.json()["title"].startswith("Mit g beginnt ein Sprung")
    assert plain.json()["code"] == named.json()["code"] == "invalid_keys"


def test_a_card_that_a_script_asks_for_is_drawn_in_the_language_of_its_page(
    task: Task, admin: Member, api_as: Callable[..., APIClient]
) -> None:
    client = api_as(admin)

    drawn = client.get("/api/v1/desk/outreach/deck/?render=html", headers={"X-Page-Language": "nl"}).json()["cards"][0]

    assert "Accepteren" in drawn["html"]
    assert "Accept<" not in drawn["html"]


def test_what_a_record_says_is_never_translated(
    task: Task, admin: Member, as_member: Callable[[Member], Client]
) -> None:
    title = deck.deal(admin, task, count=1)[0].draft.record.title

    page = as_member(chosen(admin, "de")).get(DESK)

    assert title in page.text


def test_every_page_that_is_translated_has_an_address() -> None:
    def names(resolver: object, space: str = "") -> set[str]:
        found: set[str] = set()
        for each in resolver.url_patterns:  # type: ignore[attr-defined]
            if hasattr(each, "url_patterns"):
                found |= names(each, f"{space}{each.namespace}:" if each.namespace else space)
            else:
                found.add(space + (each.name or each.lookup_str))
        return found

    assert names(get_resolver()) >= settings.TRANSLATED_PAGES


@pytest.mark.parametrize(
    ("said", "german"),
    [
        ("44 words; at most 40 are allowed", "44 Wörter; höchstens 40 sind erlaubt"),
        (
            "The number 77 % is neither in the facts nor in the offer",
            "Die Zahl 77 % steht weder in den Fakten noch im Angebot",
        ),
        ("Ann at Northwind", "Ann at Northwind"),
        ("'x' is taken by 'Edit in place'.", "„x“ ist schon vergeben: An Ort und Stelle bearbeiten."),
        ("Kunde %(name)s 100 %", "Kunde %(name)s 100 %"),
        ("", ""),
    ],
)
def test_a_sentence_written_in_english_is_put_into_the_pages_language(said: str, german: str) -> None:
    with translation.override("de"):
        assert sentences.in_language(said) == german
    assert sentences.in_language(said) == said
