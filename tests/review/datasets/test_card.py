"""The data card says what a stranger must know, and of what was never counted it says so."""

from __future__ import annotations

import pytest
from django.test import Client

from members.models import Member
from review.adjudication import rulings
from review.datasets import data_card, revocations
from review.desk import lead_queue as said
from review.models import DatasetVersion, Source, Task
from review.states import Role
from tests.review import factories
from tests.review.datasets import golds
from tests.review.datasets.golds import frozen

pytestmark = pytest.mark.django_db


@pytest.fixture
def task(admin: Member) -> Task:
    task = factories.make_task(by=admin)
    golds.make_drafts(task, golds.make_records(task, 12))
    return task


def test_rows_and_reasons_are_counted_to_the_last(task: Task, admin: Member) -> None:
    for verdict in ("accept", "accept", "edit", "reject"):
        golds.decide(admin, task, verdict)

    card = frozen(task, admin, cap_per={"sector": 2}).card

    assert "| Judged drafts | | 4 |" in card
    assert "| Filtered by decision | −1 | 3 |" in card
    assert "| Over a cap | −1 | 2 |" in card
    assert "- Judged in bulk, not one by one: 0 rows." in card


def test_sources_are_named_with_their_provenance_and_hash(task: Task, admin: Member) -> None:
    Source.objects.filter(task=task).update(name="Fair | 2026", provenance="Trade fair list, CC BY 4.0")
    golds.decide(admin, task)

    card = frozen(task, admin).card

    assert "| Fair \\| 2026 | Trade fair list, CC BY 4.0 | `000000000000` | 1 |" in card


@pytest.mark.slow
def test_agreement_is_told_with_how_many_drafts_it_stands_on(task: Task, admin: Member, reviewer: Member) -> None:
    factories.join(reviewer, task, Role.REVIEWER)
    alone = frozen_after_one(task, admin)
    for _ in range(11):
        first = golds.decide(admin, task, "accept")
        rulings.ask_again(first.draft_id, by=admin, if_match=said.dispute_etag(first.draft_id))
        golds.decide(reviewer, task, "accept")

    several = frozen(task, admin).card

    assert "no draft of the task was judged by two people" in alone.card
    assert "Agreement on 11 drafts of the task that several judged" in several


def frozen_after_one(task: Task, admin: Member) -> DatasetVersion:
    golds.decide(admin, task)
    return frozen(task, admin)


@pytest.mark.slow
def test_what_changed_since_the_version_before_is_told(task: Task, admin: Member) -> None:
    one = golds.decide(admin, task)
    frozen(task, admin)
    golds.decide(admin, task)
    golds.decide(admin, task)
    revocations.revoke(one.draft_id, by=admin, reason="Withdrawn.")

    version = frozen(task, admin)

    assert version.counts["change"] == {"since": 1, "added": 2, "removed": 1, "changed": 0}
    assert "- Since version 1: 2 added, 1 removed, 0 changed" in version.card


def test_leakage_personal_data_and_limits_are_told(task: Task, admin: Member) -> None:
    golds.decide(admin, task)

    card = frozen(task, admin, personal_data="mask").card

    assert "- Companies in two splits: 0; web domains: 0." in card
    assert "in 0 rows, and masked in every format." in card
    assert "## Known limits" in card
    assert "None stated." in card


@pytest.mark.parametrize(
    ("threshold", "sentence"),
    [
        (0.8, "are texts that share at least 80 % of their five-word"),
        (0.625, "are texts that share at least 62.5 % of their five-word"),
        (None, "were kept."),
    ],
)
def test_the_bound_of_near_duplicates_is_the_versions_own(
    task: Task, admin: Member, threshold: float | None, sentence: str
) -> None:
    golds.decide(admin, task)

    assert f"- Near-duplicates {sentence}" in frozen(task, admin, near_duplicates=threshold).card


def test_the_page_draws_the_card_as_headings_tables_and_lists(task: Task, admin: Member, client: Client) -> None:
    golds.decide(admin, task)
    version = frozen(task, admin)
    client.force_login(admin)

    page = client.get(f"/datasets/{version.dataset.slug}/v/{version.number}/").content.decode()

    shown = page.split('class="stack data-card"', 1)[1].split("<details", 1)[0]
    assert shown.count("<h3>") == version.card.count("\n## ")
    assert shown.count("<table") == version.card.count("\n| ---")
    assert f"<code>{version.content_hash}</code>" in shown and "<em>Outreach</em>" in shown
    assert "| ---" not in shown and "## " not in shown


def test_what_people_wrote_into_a_card_stays_text() -> None:
    found = data_card.blocks(
        "# T\n\n- Note: 2*3*4 <b>x</b> `a`\n\n| Source | Rows |\n| --- | ---: |\n| a \\| b | 3 |\n"
    )

    assert found[0].lines == ((("text", "Note: 2*3*4 <b>x</b> "), ("code", "a")),)
    assert found[1].rows == (((("text", "Source"),), (("text", "Rows"),)), ((("text", "a | b"),), (("text", "3"),)))
    assert found[1].numeric == (False, True)


@pytest.mark.parametrize("text", ["", "\n\n", "|", "| a", "| a |\n| b", "- ", "## ", "*", "``", "# only a title"])
def test_any_text_is_drawn_as_a_card(text: str) -> None:
    for block in data_card.blocks(text):
        assert block.kind in ("heading", "table", "list", "text")
        assert block.kind != "table" or (block.head is not None and block.body is not None)
