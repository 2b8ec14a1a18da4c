"""The engine in a process of its own against sites of strangers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from jobs.contracts import SpecEnvelope
from jobs.rundir import write_spec
from tests.generation.research.site_server import PROSE, SiteServer, gzip_bomb, page, serving
from tests.nursery import TEACHERS, nursery

pytestmark = pytest.mark.engine
SECRET = "canary-key-of-the-search"


def order(folder: Path, *sites: dict[str, Any], **more: Any) -> dict[str, Any]:
    body: dict[str, Any] = {
        "sites": [{"number": n, **each} for n, each in enumerate(sites, 1)],
        "user_agent": "TestRobot/1.0 (+a@b.example)", "named": ["127.0.0.1"], "delay_s": 0, "page_s": 2, **more,
    }  # fmt: skip
    refs = [ref for ref in (body.get("search", {}).get("secret_ref"),) if ref]
    write_spec(
        folder, SpecEnvelope(job=str(uuid4()), kind="research", fence=1, lease_s=60, body=body, secret_refs=refs)
    )
    log = folder / "engine.log"
    done = nursery(TEACHERS).start("generation.engine.research", folder, log=log, SEARCH_KEY=SECRET)
    assert done.wait(120) == 0, log.read_text()
    return dict(json.loads((folder / "result.json").read_text()))


def events(folder: Path, kind: str) -> list[dict[str, Any]]:
    lines = [json.loads(line) for line in (folder / "events.jsonl").read_text().splitlines()]
    return [line["payload"] for line in lines if line["kind"] == kind]


@pytest.mark.slow
def test_a_site_is_read_from_its_start_page_on(tmp_path: Path, site: SiteServer) -> None:
    site.company()

    result = order(tmp_path, {"url": f"{site.url}/", "pages": 3})

    pages = events(tmp_path, "page")
    assert result["outcome"] == "succeeded"
    assert [one["url"].removeprefix(site.url) for one in pages] == ["/", "/about", "/news"]
    assert PROSE in pages[0]["text"]
    assert "All rights reserved" not in pages[0]["text"]
    assert [one["title"] for one in pages] == ["Harrow Bay Ferries", "About us", "News"]
    assert all(len(one["sha256"]) == 64 and one["fetched_at"] for one in pages)
    assert site.agents == {"TestRobot/1.0 (+a@b.example)"}
    assert site.asked == {"/robots.txt": 1, "/": 1, "/about": 1, "/news": 1}


@pytest.mark.slow
def test_robots_txt_is_obeyed_and_what_it_forbids_is_said(tmp_path: Path, site: SiteServer) -> None:
    site.company()
    site.put("/robots.txt", b"User-agent: testrobot\nDisallow: /about", content_type="text/plain")

    order(tmp_path, {"url": f"{site.url}/", "pages": 2})

    pages = events(tmp_path, "page")
    assert [(one["url"].removeprefix(site.url), one.get("code", "")) for one in pages] == [
        ("/", ""), ("/about", "robots"), ("/news", ""),
    ]  # fmt: skip
    assert site.asked["/about"] == 0


@pytest.mark.slow
def test_the_pause_that_a_robots_txt_asks_for_is_kept(tmp_path: Path, site: SiteServer) -> None:
    site.company()
    site.put("/robots.txt", b"User-agent: *\nCrawl-delay: 0.7", content_type="text/plain")

    order(tmp_path, {"url": f"{site.url}/", "pages": 3})

    rules, *pages = site.asked_at_s
    assert len(pages) == 3
    # Not from page to page: one that is slow to arrive comes nearer to the next.
    assert [at >= rules + 0.7 * number for number, at in enumerate(pages)] == [True] * 3


@pytest.mark.slow
def test_pages_that_do_harm_are_refused_each_with_its_reason(tmp_path: Path, site: SiteServer) -> None:
    site.put("/bomb", gzip_bomb(64), headers={"Content-Encoding": "gzip"})
    site.put("/drip", b"<p>" + b"x" * 500, drip_s=0.1)
    site.put("/circle", status=302, headers={"Location": "/circle"})
    site.put("/inside", status=302, headers={"Location": "http://169.254.169.254/latest/meta-data/"})
    site.put("/report", b"%PDF-1.7", content_type="application/pdf")
    site.put("/script", b"<html><body><div id=app></div></body></html>")
    paths = {"bomb": "too_large", "drip": "time", "circle": "loop", "inside": "address", "report": "type",
             "script": "no_text", "missing": "status"}  # fmt: skip

    result = order(tmp_path, *({"url": f"{site.url}/{path}"} for path in paths), at_once=8)

    codes = {one["url"].rsplit("/", 1)[1]: one["code"] for one in events(tmp_path, "page")}
    assert codes == paths
    assert (result["summary"]["pages"], result["summary"]["refused"], result["summary"]["sites"]) == (0, 7, 7)


@pytest.mark.parametrize(("body", "content_type"), [
    ("Grüße aus Tübingen".encode("latin-1"), "text/html; charset=iso-8859-1"),
    ("Grüße aus Tübingen".encode("latin-1"), "text/html; charset=utf-8"),
    ("Grüße aus Tübingen".encode(), "text/html; charset=iso-8859-1"),
    ("Grüße aus Tübingen".encode(), "text/html; charset=no-such-thing"),
    ("Grüße aus Tübingen".encode("utf-16"), "text/html"),
])  # fmt: skip
def test_letters_survive_a_charset_that_is_missing_or_wrong(
    tmp_path: Path, site: SiteServer, body: bytes, content_type: str
) -> None:
    site.put("/", body, content_type=content_type.replace("html", "plain"))

    order(tmp_path, {"url": f"{site.url}/", "pages": 1})

    assert [one["text"] for one in events(tmp_path, "page")] == ["Grüße aus Tübingen"]


@pytest.mark.slow
def test_what_an_earlier_attempt_told_is_not_fetched_again(tmp_path: Path, site: SiteServer) -> None:
    site.company()
    known = {"read": [f"{site.url}/"], "led_to": [f"{site.url}/about", f"{site.url}/news"], "got": 1}

    order(tmp_path, {"url": f"{site.url}/", "pages": 3, **known})

    assert [(one["number"], one["url"].removeprefix(site.url)) for one in events(tmp_path, "page")] == [
        (2, "/about"), (3, "/news"),
    ]  # fmt: skip
    assert site.asked["/"] == 0


@pytest.mark.slow
def test_walls_and_repeated_texts_are_refused_and_other_pages_take_their_place(
    tmp_path: Path, site: SiteServer
) -> None:
    menu = " ".join(f'<a href="/{name}">{name}</a>' for name in ("about", "products", "news", "team"))
    site.put("/", page("Harrow Bay Ferries", PROSE, links=menu))
    site.put("/about", page("Page not found", "Sorry, the page you asked for does not exist.", links=menu))
    site.put("/products", page("Harrow Bay Ferries", PROSE, links=menu))
    site.put("/news", page("News", "A third harbour opened in May, and the winter timetable begins in October."))
    site.put("/team", status=302, headers={"Location": "/login"})
    site.put("/login", page("Sign in", "Please sign in to continue."))

    order(tmp_path, {"url": f"{site.url}/", "pages": 3, "name": "Harrow Bay Ferries"})

    told = {one["url"].removeprefix(site.url): one.get("code", "") for one in events(tmp_path, "page")}
    assert told == {"/": "", "/about": "not_found", "/products": "same_text", "/news": "", "/team": "login"}


@pytest.mark.slow
def test_a_site_that_leads_to_another_company_makes_no_page(tmp_path: Path, site: SiteServer) -> None:
    with serving() as other:
        other.put("/", page("Giant Lines", PROSE))
        site.put("/", status=301, headers={"Location": f"{other.url.replace('127.0.0.1', 'localhost')}/"})

        order(
            tmp_path,
            {"url": f"{site.url}/", "name": "Harrow Bay Ferries"},
            {"url": f"{site.url}/", "name": "Giant Lines"},
            named=["127.0.0.1", "localhost"],
        )

    assert {one["site"]: one.get("code", "") for one in events(tmp_path, "page")} == {1: "other_site", 2: ""}


@pytest.mark.slow
def test_a_text_told_by_an_earlier_attempt_is_not_told_again(tmp_path: Path, site: SiteServer) -> None:
    site.company()
    site.put("/about", page("Harrow Bay Ferries", PROSE))
    known = {"read": [f"{site.url}/"], "led_to": [f"{site.url}/about", f"{site.url}/news"], "got": 1,
             "home": f"{site.url}/", "texts": [f"Harrow Bay Ferries\n{PROSE}"]}  # fmt: skip

    order(tmp_path, {"url": f"{site.url}/", "pages": 3, **known})

    assert [one.get("code", "") for one in events(tmp_path, "page")] == ["same_text", ""]


@pytest.mark.slow
def test_a_search_finds_the_site_and_other_pages_with_its_key_in_no_event(tmp_path: Path, site: SiteServer) -> None:
    site.company()
    found = {
        "results": [{"url": f"{site.url}/", "title": "Ferries"}, {"url": f"{site.url}/news"}, {"url": "javascript:x"}]
    }
    site.put("/search", json.dumps(found).encode(), content_type="application/json")
    search = {"kind": "searxng", "url": site.url, "secret_ref": "SEARCH_KEY"}

    order(tmp_path, {"query": "Harrow Bay Ferries", "pages": 1}, search=search)

    assert [one["url"] for one in events(tmp_path, "page")] == [f"{site.url}/"]
    assert f"Bearer {SECRET}" in site.authorizations
    assert all(SECRET not in path.read_text() for path in tmp_path.iterdir() if path.is_file())


@pytest.mark.slow
def test_a_search_that_fails_is_said_and_the_site_that_is_known_is_read(tmp_path: Path, site: SiteServer) -> None:
    site.put("/", page("Start", PROSE))
    search = {"kind": "searxng", "url": f"{site.url}/away", "secret_ref": ""}

    order(tmp_path, {"url": f"{site.url}/", "query": "x", "pages": 1}, {"query": "y"}, search=search)

    assert len(events(tmp_path, "page")) == 1
    assert [one["why"] for one in events(tmp_path, "site")] == ["The search answered with the status 404."] * 2
