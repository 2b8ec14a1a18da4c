"""Pages that answer 200 and say nothing of their company."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest

from generation.engine.research import usable
from generation.engine.research.extract import PageExtractor
from generation.engine.research.links import Link, choose
from tests.generation.research.site_server import PROSE
from web.net.page_fetch import FetchError

SAYS_NOTHING = [
    ("not_found", "Page not found", "Sorry, the page you are looking for does not exist. Go back to our home page."),
    ("not_found", "Acme", "404. We couldn't find that page. Try the menu above."),
    ("not_found", "Seite nicht gefunden | Lund Works", "Die angeforderte Seite existiert nicht mehr."),
    ("not_found", "Page introuvable", "La page que vous cherchez n'existe plus."),
    ("not_found", "Error 404", "Oops."),
    ("script", "React App", "You need to enable JavaScript to run this app."),
    ("script", "Harrow Bay", "Bitte aktivieren Sie JavaScript, um diese Seite zu sehen."),
    ("script", "Shop",
        "We're sorry but shop doesn't work properly without JavaScript enabled. Please enable it to continue."),
    ("login", "Sign in - Harrow Bay", "Email address Password Forgot your password? Remember me"),
    ("login", "Kundenportal", "Bitte melden Sie sich an, um fortzufahren. Benutzername Kennwort"),
    ("login", "Portal", "You must be logged in to view this page."),
    ("parked", "harrowbay.example",
        "This domain is for sale! Buy this domain. Related searches: Ferries Boats Tickets"),
    ("parked", "harrowbay.example", "The domain name harrowbay.example is parked free, courtesy of a registrar."),
    ("parked", "Domain", "Die Domain harrowbay.example steht zum Verkauf."),
    ("blocked", "Just a moment...", "Checking your browser before accessing harrowbay.example."),
    ("blocked", "Attention Required!", "Please complete the captcha to continue."),
    ("blocked", "Access Denied", "You don't have permission to access this server. Reference #18."),
    ("placeholder", "Welcome to nginx!",
        "If you see this page, the nginx web server is successfully installed and working."),
    ("placeholder", "Coming soon", "Our new site is on its way."),
    ("placeholder", "Apache2 Debian Default Page: It works", "This is the default welcome page. " * 60),
]  # fmt: skip
SAYS_SOMETHING = [
    ("Harrow Bay Ferries", PROSE),
    ("404 Labs: who we are", "404 Labs builds crawlers for museums and has 30 people in Lyon. " * 40),
    ("News",
        (
            "From May on customers sign in to their account with a passkey. "
            "The old password form was not found to be safe."
        )),
    ("Domain experts for hire", "We lend engineers who know their domain. The domain is complex: steel, glass, paper."),
    ("Our story", "JavaScript was two years old when we wrote our first shop with it. Since then we have built 300."),
    ("Access control",
        "Doors, gates and readers. Access denied means access denied: our locks have never been opened. " * 12),
    ("Careers", "Nothing was too small for the founders. Log in to a bigger life: we hire welders in Gdansk."),
]  # fmt: skip


@pytest.mark.parametrize(("code", "title", "text"), SAYS_NOTHING)
def test_a_page_that_says_nothing_is_refused_with_its_kind(code: str, title: str, text: str) -> None:
    with pytest.raises(FetchError) as refused:
        usable.check(title, text)

    assert refused.value.code == code


@pytest.mark.parametrize(("title", "text"), SAYS_SOMETHING)
def test_a_page_that_only_mentions_such_words_is_kept(title: str, text: str) -> None:
    usable.check(title, text)


@pytest.mark.slow
@pytest.mark.outside_data
def test_no_article_of_a_public_collection_is_refused(outside_data: Path) -> None:
    refused = []
    with_text = 0
    reader = PageExtractor()
    for path in sorted((outside_data / "web_pages" / "html").glob("*.gz"))[::6]:
        page = reader.html(gzip.decompress(path.read_bytes()).decode("utf-8", "replace"), "https://x.example/")
        with_text += bool(page.text)
        try:
            usable.check(page.title, page.text)
        except FetchError as error:
            refused.append((path.name, error.code))
    reader.close()

    assert with_text > 25
    assert refused == []


@pytest.mark.parametrize(
    ("asked", "final", "name", "title", "is_kept"),
    [
        ("https://acme.example/", "https://www.acme.example/en", "Acme", "Welcome", True),
        ("https://acme.example/", "https://shop.acme.example/", "Acme", "Shop", True),
        ("https://acme.de/", "https://acme.com/", "Acme GmbH", "Home", True),
        ("https://acme.co.uk/", "https://acme-group.com/", "Acme Ltd", "Home", True),
        (
            "https://hbf.example/",
            "https://harrow-bay.org/",
            "Harrow Bay Ferries",
            "Harrow Bay Ferries: timetable",
            True,
        ),
        ("https://acme.example/", "https://giant.org/brands", "Acme", "Giant, home of great brands", False),
        ("https://acme.example/", "https://giant.org/", "", "Giant", False),
        ("https://acme.co.uk/", "https://giant.co.uk/", "Acme", "Giant", False),
        ("https://hbf.example/", "https://ferries.org/", "Harrow Bay Ferries", "All ferries of the islands", False),
    ],
)
def test_an_address_that_leads_to_another_company_is_refused(
    asked: str, final: str, name: str, title: str, is_kept: bool
) -> None:
    if is_kept:
        usable.check_company(asked, final, name=name, title=title)
        return
    with pytest.raises(FetchError, match=r"leads to") as refused:
        usable.check_company(asked, final, name=name, title=title)
    assert refused.value.code == "other_site"


def test_a_text_that_was_read_before_is_refused_and_one_that_shares_a_paragraph_is_not() -> None:
    text = " ".join(f"Line {number} sails at {number} o'clock from the north pier." for number in range(40))

    with pytest.raises(FetchError) as refused:
        usable.check_new(f"Home. {text}", [PROSE, text])
    assert refused.value.code == "same_text"
    usable.check_new(f"{text} {re.sub('Line', 'Ship', text)}", [text])


@pytest.mark.parametrize(
    ("question", "first"),
    [
        ("What changed lately?", "news"),
        ("Was hat sich zuletzt geändert?", "news"),
        ("Quelles sont les nouveautés ?", "news"),
        ("Who are their customers?", "customers"),
        ("Which posts do they hire for?", "jobs"),
        ("", "about"),
    ],
)
def test_pages_that_answer_the_question_are_read_first(question: str, first: str) -> None:
    names = ("about", "products", "news", "customers", "jobs")

    chosen = choose(
        "https://acme.example/", [Link(f"/{name}", name.title()) for name in names], most=2, question=question
    )

    assert chosen[0] == f"https://acme.example/{first}"
