"""A page with every component on it, for the tests that look at pages; it is served by tests only."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.urls import path
from playwright.sync_api import Browser, BrowserContext, Page

from members.models import Member
from miniatures_site import urls as site_urls
from miniatures_site.access.levels import MEMBER, NONE, Rule
from miniatures_site.access.rules import RULES
from tests.signed_in import context_of


def sink_data() -> dict[str, Any]:
    loss = [[step, round(2.4 * math.exp(-step / 40) + 0.6 + 0.04 * math.sin(step), 4)] for step in range(0, 200, 2)]
    held_out = [
        [
            s,
            round(2.3 * math.exp(-s / 50) + 0.75, 3),
            round(2.3 * math.exp(-s / 50) + 0.69, 3),
            round(2.3 * math.exp(-s / 50) + 0.82, 3),
        ]
        for s in range(0, 200, 20)
    ]
    rows = [
        ("Teacher", 0.91, 0.85, 0.95),
        ("LoRA", 0.86, 0.78, 0.92),
        ("Full", 0.84, 0.76, 0.9),
        ("Base, asked with the teacher's prompt and three examples", 0.07, 0.03, 0.14),
    ]
    return {
        "runs": [
            {"name": f"run-{n}", "state": s, "badge": b, "rows": n * 5321, "loss": f"{1 / n:.3f}"}
            for n, (s, b) in enumerate(
                [("Running", "is-running"), ("Succeeded", "is-good"), ("Failed", "is-failed")], 1
            )
        ],
        "lines": {
            "series": [
                {"name": "train", "points": loss},
                {"name": "validation, records of other companies", "points": held_out},
            ],
            "x": {"label": "step"},
            "y": {"label": "nats per token"},
        },
        "intervals": {
            "rows": [{"name": n, "value": v, "lo": a, "hi": b, "n": 100} for n, v, a, b in rows],
            "x": {"label": "share", "zero": True},
        },
        "scatter": {
            "points": [
                {"name": "GPT-4o", "x": 3.1, "y": 0.91},
                {"name": "LoRA", "x": 0.02, "y": 0.86},
                {"name": "Base", "x": 0.02, "y": 0.07},
            ],
            "x": {"label": "cents a mail", "better": "low"},
            "y": {"label": "passed", "better": "high", "zero": True},
            "front": True,
        },
        "histogram": {
            "bins": [[i, i + 1, round(60 * math.exp(-((i - 9) ** 2) / 20))] for i in range(24)],
            "x": {"label": "seconds"},
        },
    }


def kitchen_sink(request: HttpRequest) -> HttpResponse:
    template = engines["django"].from_string((Path(__file__).parent / "kitchen_sink.html").read_text())
    return HttpResponse(template.render({"section": "training", **sink_data()}, request))


@pytest.fixture
def sink_url(live_server: Any, settings: Any, monkeypatch: pytest.MonkeyPatch) -> str:
    urls = ModuleType("urls_with_kitchen_sink")
    urls.urlpatterns = [path("kitchen-sink/", kitchen_sink), *site_urls.urlpatterns]
    settings.ROOT_URLCONF = urls
    monkeypatch.setitem(RULES, "kitchen-sink/", Rule(MEMBER, NONE))
    return f"{live_server.url}/kitchen-sink/"


@pytest.fixture
def complaints() -> list[str]:
    """What the browser complains about; a test that means it to clears it."""
    return []


@pytest.fixture
def open_page(
    browser: Browser, live_server: Any, admin: Member, complaints: list[str]
) -> Iterator[Callable[..., Page]]:
    """Open a page as the admin; whatever the browser complains about fails the test."""
    contexts: list[BrowserContext] = []

    def open_it(url: str, *, width: int = 1440, dark: bool = False, scripts: bool = True) -> Page:
        looks = {"color_scheme": "dark" if dark else "light", "java_script_enabled": scripts}
        context = context_of(browser, live_server.url, admin, viewport={"width": width, "height": 900}, **looks)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        page.goto(url, wait_until="load")
        return page

    yield open_it
    for context in contexts:
        context.close()
    assert complaints == []
