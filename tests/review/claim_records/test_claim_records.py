"""Claims made of decisions: which sentences, on which side of the split, and what becomes of them."""

from __future__ import annotations

from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.core.management import CommandError, call_command

from demo.data.claim_check import CLAIM_CHECK
from members.models import Member
from review.desk import deck
from review.erasure import erase
from review.models import Decision, Gold, Record, Task
from review.sources.claim_records import make
from review.spec.starters import outreach
from review.states import Role, Split
from tests.review import factories
from tests.review.desk.verbs import judge
from web.errors import Refusal

SPEC = outreach.SPEC
FACTS = {"company": "Cork Works", "size": "140", "city": "Cork", "trigger": "opened a depot in Lund"}
OPENING = "Hi {{contact.first_name}},\n\n"
RIGHT = "I read that Cork Works opened a depot in Lund."
PLAIN = {"subject": "A depot", "body": f"{OPENING}{RIGHT} Would a short call be of use?"}


def fields_of(sentence: str) -> dict[str, str]:
    return {"subject": "A depot", "body": f"{OPENING}{sentence} Would a short call be of use?"}


def test_of_an_accepted_draft_sentences_that_rest_on_facts_are_supported() -> None:
    assert make.accepted(SPEC, FACTS, PLAIN) == [(RIGHT, True)]
    assert make.accepted(SPEC, FACTS, fields_of("Planning is never easy for anybody.")) == []


def test_of_an_edit_both_forms_of_a_sentence_are_taken_where_a_number_or_a_name_changed() -> None:
    wrong = RIGHT.replace("Lund", "Plovdiv")

    assert make.edited(SPEC, fields_of(wrong), PLAIN) == [(wrong, False), (RIGHT, True)]
    assert make.edited(SPEC, fields_of(RIGHT.replace("I read", "We heard")), PLAIN) == []
    assert make.edited(SPEC, fields_of("The office has 900 people in all its places."), PLAIN) == []


def test_of_a_rejection_the_sentence_is_taken_that_must_have_been_meant() -> None:
    wrong, vague = RIGHT.replace("Lund", "Plovdiv"), "Planning is never easy for anybody."

    assert make.rejected(SPEC, FACTS, fields_of(f"{RIGHT} {wrong}")) == [(wrong, False)]
    assert make.rejected(SPEC, FACTS, fields_of(vague)) == [(vague, False)]
    assert make.rejected(SPEC, FACTS, fields_of(f"{RIGHT} {vague}")) == []


@pytest.fixture
def into(admin: Member) -> Task:
    return factories.make_task(by=admin, spec=CLAIM_CHECK.spec, slug="claims")


@pytest.fixture
def records(task: Task, admin: Member) -> list[Record]:
    """Twelve judged records: every third draft rejected for a wrong place; the last four in the test split."""
    records = factories.make_records(factories.make_source(task), 12)
    for record in records[8:]:
        record.split = Split.TEST
        record.save(update_fields=["split"])
    texts: list[dict[str, Any]] = [
        fields_of(f"I read that {record.facts['company']} {record.facts['trigger']}.") for record in records
    ]
    for place in range(0, 12, 3):
        texts[place] = fields_of(f"I read that {records[place].facts['company']} opened a depot in Plovdiv.")
    factories.make_drafts(task, records, fields=texts)
    for card in deck.deal(admin, task, count=12):
        is_wrong = "Plovdiv" in card.draft.fields["body"]
        judge(
            card,
            by=admin,
            verdict="reject" if is_wrong else "accept",
            **({"reasons": ["wrong_fact"]} if is_wrong else {}),
        )
    return records


@pytest.mark.django_db
def test_claims_become_golds_on_the_side_of_the_record_they_come_from(
    task: Task, into: Task, records: list[Record], admin: Member
) -> None:
    made = make.make(task, into=into, by=admin)

    assert (made.unsupported, made.supported, made.known, made.left_out, made.unplaced) == (4, 8, 0, 0, 0)
    claims = list(Record.objects.filter(task=into).select_related("claim_origin__record"))
    assert {claim.split for claim in claims} == {Split.TRAIN, Split.TEST}
    assert all(claim.split == claim.claim_origin.record.split for claim in claims)
    assert all(claim.facts["company"] == claim.claim_origin.record.facts["company"] for claim in claims)
    assert all("size: " in claim.facts["passage"] for claim in claims)
    golds = Gold.objects.filter(task=into).select_related("draft__record")
    assert golds.count() == 12
    assert all(gold.draft.fields["supported"] == ("Plovdiv" not in gold.draft.record.facts["claim"]) for gold in golds)
    assert Decision.objects.filter(task=into, imported_from__isnull=True).count() == 0


@pytest.mark.django_db
def test_made_again_it_adds_nothing(task: Task, into: Task, records: list[Record], admin: Member) -> None:
    make.make(task, into=into, by=admin)

    again = make.make(task, into=into, by=admin)

    assert (again.supported, again.unsupported, again.known) == (0, 0, 12)
    assert Gold.objects.filter(task=into).count() == 12


@pytest.mark.slow
@pytest.mark.django_db
def test_a_company_that_stands_on_another_side_is_left_out(
    task: Task, into: Task, records: list[Record], admin: Member
) -> None:
    [there] = factories.make_records(factories.make_source(into), 1, split=Split.VALIDATION)

    made = make.make(task, into=into, by=admin)

    assert there.group == records[0].group
    assert (made.supported + made.unsupported, made.left_out) == (11, 1)
    assert not Record.objects.filter(task=into, claim_origin__record=records[0]).exists()


@pytest.mark.slow
@pytest.mark.django_db
def test_claims_of_an_erased_record_are_erased_with_it(
    task: Task, into: Task, records: list[Record], admin: Member
) -> None:
    make.make(task, into=into, by=admin)
    claims = Record.objects.filter(claim_origin__record=records[1])

    erase.erase_records([records[1].pk])

    assert [(claim.facts, claim.erased_at is not None) for claim in claims] == [({}, True)]
    assert Record.objects.filter(task=into, erased_at__isnull=True).count() == 11
    assert make.make(task, into=into, by=admin).supported == 0


@pytest.mark.slow
@pytest.mark.django_db
def test_claims_of_facts_longer_than_a_passage_may_be_are_left_out(
    task: Task, into: Task, records: list[Record], admin: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = make.passage_of
    long = records[1].facts["company"]
    monkeypatch.setattr(
        make, "passage_of", lambda spec, facts: whole(spec, facts) + "x" * 200_001 * (facts["company"] == long)
    )

    made = make.make(task, into=into, by=admin)

    assert (made.unsupported, made.supported, made.left_out) == (4, 7, 1)


@pytest.mark.django_db
def test_who_leads_one_task_alone_and_what_has_another_shape_is_refused(
    task: Task, into: Task, records: list[Record], admin: Member, make_member: Callable[..., Member]
) -> None:
    lead = make_member("lea")
    factories.join(lead, into, Role.LEAD)

    def code(**over: Any) -> str:
        with pytest.raises(Refusal) as refusal:
            make.make(task, **{"into": into, "by": admin, **over})
        return refusal.value.code

    with pytest.raises(PermissionDenied):
        make.make(task, into=into, by=lead)
    assert code(into=task) == "no_claim_task"
    assert code(reasons=("nonsense",)) == "reason_unknown"
    assert code(reasons=("tone",)) == "no_wrong_facts"
    assert not Record.objects.filter(task=into).exists()


@pytest.mark.slow
@pytest.mark.django_db
def test_the_command_says_what_came_of_it(task: Task, into: Task, records: list[Record], admin: Member) -> None:
    out = StringIO()

    call_command("claim_records", task.slug, "--into", into.slug, "--by", admin.username, stdout=out)

    assert out.getvalue().startswith("12 added: 8 supported, 4 not.")
    with pytest.raises(CommandError, match="There is no task 'x'"):
        call_command("claim_records", "x", "--into", into.slug, "--by", admin.username)


@pytest.mark.slow
def test_a_lead_of_both_makes_them_on_the_page_of_sources(
    task: Task, into: Task, records: list[Record], admin: Member, make_member: Callable[..., Member], as_member: Any
) -> None:
    lead = make_member("lea")
    factories.join(lead, into, Role.LEAD)
    address, sent = f"/tasks/{into.slug}/sources/", {"of": f"{task.slug}:wrong_fact"}
    hidden = as_member(lead).get(address).content.decode()
    refused = as_member(lead).post(f"{address}claims/", sent).status_code
    factories.join(lead, task, Role.LEAD)

    offered = as_member(lead).get(address).content.decode()
    made = as_member(lead).post(f"{address}claims/", sent, follow=True).content.decode()
    wrong = as_member(lead).post(f"{address}claims/", {"of": f"{task.slug}:none"}, follow=True).content.decode()

    assert 'id="make-claims"' not in hidden and refused in (403, 404)
    assert f'value="{task.slug}:wrong_fact" selected' in offered
    assert "claims added: " in made and Record.objects.filter(task=into).exists()
    assert "none" in wrong and "claims added" not in wrong
    assert 'id="make-claims"' not in as_member(admin).get(f"/tasks/{task.slug}/sources/").content.decode()
