"""The same table of typed numbers as on the server, read where they are typed: in a browser;
and what the desk makes of them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from members.models import Member
from review.desk.cards import values
from review.models import Decision, Task
from review.states import Verdict
from tests.review import factories
from tests.review.desk.looking import SHOWN, saved
from tests.review.spec.test_number_cases import CASES

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
READ = """(cases) => import('/static/js/desk/numbers.js').then(({ readNumber }) => cases.map((typed) => {
  const { value, problem } = readNumber(typed);
  return problem ? { problem } : { value: typeof value === 'string' ? value : JSON.stringify(value) };
}))"""
ECHO = "[data-value=amount] [data-echo]"


@pytest.fixture
def task(admin: Member, monkeypatch: pytest.MonkeyPatch) -> Task:
    monkeypatch.setattr(values, "HIDDEN_IN", 2**64)
    task = factories.make_task(by=admin, spec=factories.triage_spec())
    records = factories.make_records(factories.make_source(task), 2, text="I was charged twice.")
    factories.make_drafts(task, records, fields=[{**factories.triage_fields(), "amount": 12.75} for _ in records])
    return task


def test_the_browser_reads_each_typed_number_as_the_server_does(browser: Browser, live_server: Any) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{live_server.url}/static/js/desk/numbers.js")

    read = page.evaluate(READ, [case["typed"] for case in CASES])
    context.close()

    for case, there in zip(CASES, read, strict=True):
        wanted = {"problem": case["says"]} if "says" in case else {"value": case["value"]}
        got = there if "problem" in there else {"value": type(case.get("value", 0))(there["value"])}
        assert got == wanted, case["typed"]


def amount_box(page: Page) -> Any:
    return page.locator(SHOWN).locator("[data-value=amount] .value-box")


def test_a_typed_number_is_echoed_as_it_will_be_saved_and_an_unclear_one_is_not_saved(
    open_desk: Callable[..., Page], admin: Member
) -> None:
    page = open_desk(admin)
    echo = page.locator(SHOWN).locator(ECHO)
    expect(echo).to_be_hidden()
    for typed in ("1,200", "0x1F", "Infinity"):
        amount_box(page).fill(typed)
        expect(echo).to_contain_text(f"'{typed}'")
        amount_box(page).press("Enter")
    expect(page.locator("body")).to_contain_text("Amount is 'Infinity', expected a number such as 1200 or 3.5")
    assert not Decision.objects.exists()

    amount_box(page).fill("1 200,5")
    expect(echo).to_have_text("Saved as 1200.5")
    amount_box(page).press("Enter")

    saved(page, 1)
    decision = Decision.objects.get()
    assert (decision.verdict, decision.fields and decision.fields["amount"]) == (Verdict.EDIT, 1200.5)


@pytest.mark.slow
def test_the_drafts_own_number_is_no_edit_however_it_reads(open_desk: Callable[..., Page], admin: Member) -> None:
    page = open_desk(admin)

    for typed in ("12,750", "12.750", "12.7500", "12,75"):
        amount_box(page).fill(typed)
    amount_box(page).press("Enter")

    saved(page, 1)
    assert Decision.objects.get().verdict == Verdict.ACCEPT
