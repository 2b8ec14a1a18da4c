"""Values on the desk: what a verdict on them means, with the teacher's shown and without."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest
from django.test import Client

from members.models import Member
from review.desk import decisions, deck
from review.desk.cards import assembly, values
from review.models import Assignment, Decision, Task
from review.spec.schema import InputField, OutputField
from review.states import Verdict
from tests.review import factories
from web.errors import Refusal

pytestmark = pytest.mark.django_db


@pytest.fixture
def task(admin: Member) -> Task:
    task = factories.make_task(by=admin, spec=factories.triage_spec())
    records = factories.make_records(factories.make_source(task), 6, text="I was charged twice.")
    factories.make_drafts(task, records, fields=[factories.triage_fields(index) for index in range(6)])
    return task


@pytest.fixture
def hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(values, "HIDDEN_IN", 1)


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(values, "HIDDEN_IN", 2**64)


def dealt(task: Task, member: Member) -> Assignment:
    return deck.deal(member, task, count=1)[0]


def decide(card: Assignment, by: Member, **said: Any) -> Decision:
    return decisions.record(card.draft_id, by=by, id=uuid4(), if_match=card.etag, **said).decision


def test_a_card_draws_values_with_the_teachers_picked(task: Task, admin: Member, shown: None) -> None:
    card = assembly.build_card(dealt(task, admin))

    assert [part.name for part in card.values] == ["category", "urgent", "amount"]
    category, urgent, amount = [part.value for part in card.values]
    assert category and urgent and amount
    assert [option.value for option in category.options if option.is_chosen] == [card_fields(card)["category"]]
    assert [option.value for option in urgent.options] == ["true", "false"]
    assert (amount.text, amount.hint) == (str(card_fields(card)["amount"]), "EUR, at least 0")
    assert [part.role for part in card.below_subject] == ["reasoning"]
    assert list(card.editable_parts) == [part for part in card.parts if part.role == "reasoning"]


def card_fields(card: assembly.Card) -> dict[str, Any]:
    from review.models import Draft

    return dict(Draft.objects.get(pk=UUID(card.id)).fields)


def test_a_hidden_card_says_nothing_of_the_teachers_values(
    task: Task, admin: Member, hidden: None, as_member: Any
) -> None:
    card = assembly.build_card(dealt(task, admin))

    assert card.is_hidden
    assert not any(option.is_chosen for part in card.values for option in part.value.options)  # type: ignore[union-attr]
    html = as_member(admin).get(f"/tasks/{task.slug}/review/").content.decode()
    assert "It names a sum." not in html
    assert "checked" not in html.split("data-values", 1)[1].split("</section>", 1)[0]
    assert card.words and not card.footer


def test_the_same_picked_unseen_is_an_accept_and_is_told_apart(task: Task, admin: Member, hidden: None) -> None:
    card = dealt(task, admin)
    picked = {name: value for name, value in card.draft.fields.items() if name != "why"}

    decision = decide(card, admin, verdict="edit", fields=picked, was_hidden=True)

    assert (decision.verdict, decision.fields, decision.teacher_hidden) == (
        Verdict.ACCEPT,
        card.draft.fields,
        True,
    )


def test_another_label_picked_unseen_is_an_edit_without_the_teachers_reasoning(
    task: Task, admin: Member, hidden: None
) -> None:
    card = dealt(task, admin)
    other = next(name for name in factories.CATEGORIES if name != card.draft.fields["category"])

    decision = decide(
        card, admin, verdict="edit", fields={"category": other, "urgent": True, "amount": None}, was_hidden=True
    )

    assert decision.verdict == Verdict.EDIT
    assert decision.fields == {"why": "", "category": other, "urgent": True, "amount": None}
    assert "fact" in decision.edit_kinds


def test_a_card_that_was_not_hidden_cannot_be_told_as_such(task: Task, admin: Member, shown: None) -> None:
    card = dealt(task, admin)

    decision = decide(card, admin, verdict="edit", fields=card.draft.fields, was_hidden=True)

    assert (decision.verdict, decision.teacher_hidden) == (Verdict.EDIT, False)


def test_reasoning_that_the_reviewer_rewrote_stays(task: Task, admin: Member, shown: None) -> None:
    card = dealt(task, admin)
    other = next(name for name in factories.CATEGORIES if name != card.draft.fields["category"])

    decision = decide(card, admin, verdict="edit", fields={**card.draft.fields, "category": other, "why": "New."})

    assert decision.fields and decision.fields["why"] == "New."


def test_a_label_that_is_none_is_refused_by_name(task: Task, admin: Member, shown: None) -> None:
    card = dealt(task, admin)

    with pytest.raises(Refusal) as refusal:
        decide(card, admin, verdict="edit", fields={**card.draft.fields, "category": "WRONG-LABEL"})

    assert "'WRONG-LABEL', which is none of its labels" in refusal.value.message
    assert not Decision.objects.exists()


def test_a_conversation_is_shown_as_one(admin: Member, as_member: Any, shown: None) -> None:
    spec = factories.triage_spec()
    talk = InputField(name="text", type="conversation")
    task = factories.make_task(by=admin, spec=spec.model_copy(update={"input_schema": (*spec.input_schema[:1], talk)}))
    turns = [{"role": "user", "content": "Where <b>is</b> it?"}, {"role": "assistant", "content": "On its way."}]
    records = factories.make_records(factories.make_source(task), 1, text=turns)
    factories.make_drafts(task, records, fields=[factories.triage_fields()])

    html = as_member(admin).get(f"/tasks/{task.slug}/review/").content.decode()

    assert (
        '<p dir="auto" class="turn" data-role="user"><span class="turn-role">user</span>Where '
        "&lt;b&gt;is&lt;/b&gt; it?</p>"
    ) in html
    assert "On its way." in html


def test_prose_is_never_hidden() -> None:
    prose = factories.triage_spec().model_copy(update={"output_schema": (OutputField(name="body"),)})

    assert not any(values.has_hidden(prose, uuid4(), uuid4()) for _ in range(100))


def test_one_card_in_ten_is_hidden_and_it_stays_the_same_one() -> None:
    spec, reviewer = factories.triage_spec(), UUID(int=7)
    drafts = [UUID(int=number) for number in range(4000)]

    first = [values.has_hidden(spec, draft, reviewer) for draft in drafts]

    assert first == [values.has_hidden(spec, draft, reviewer) for draft in drafts]
    # Fixed ids: the count is always the same.
    assert 340 < sum(first) < 460


def test_values_stand_on_a_drafts_own_page_too(task: Task, admin: Member, as_member: Any, hidden: None) -> None:
    card = dealt(task, admin)

    html = as_member(admin).get(f"/tasks/{task.slug}/review/drafts/{card.draft_id}/").content.decode()

    assert f"<dt>Category</dt><dd>{card.draft.fields['category']}</dd>" in html
    assert f"<dt>Amount</dt><dd>{card.draft.fields['amount']}</dd>" in html


class TestWithoutScripts:
    """The same by a plain form."""

    def post(self, client: Client, card: Assignment, **data: Any) -> None:
        form = {"draft": str(card.draft_id), "etag": card.etag, "id": str(uuid4()), "verdict": "accept", **data}
        form["value"] = ["category", "urgent", "amount"]
        assert client.post(f"/tasks/{card.draft.task.slug}/review/", form).status_code == 302

    def test_accept_with_the_teachers_values_is_an_accept(
        self, task: Task, admin: Member, as_member: Any, shown: None
    ) -> None:
        card = dealt(task, admin)
        category, urgent, amount = (card.draft.fields[name] for name in ("category", "urgent", "amount"))
        given = {"field:category": category, "field:urgent": str(urgent).lower(), "field:amount": str(amount)}

        self.post(as_member(admin), card, **given)

        assert Decision.objects.get().verdict == Verdict.ACCEPT

    def test_accept_with_another_label_is_an_edit(self, task: Task, admin: Member, as_member: Any, shown: None) -> None:
        card = dealt(task, admin)
        other = next(name for name in factories.CATEGORIES if name != card.draft.fields["category"])

        self.post(as_member(admin), card, **{"field:category": other, "field:urgent": "true", "field:amount": ""})

        decision = Decision.objects.get()
        assert decision.verdict == Verdict.EDIT
        assert decision.fields and (decision.fields["category"], decision.fields["amount"]) == (other, None)

    def test_a_number_that_can_mean_two_is_refused_with_both_and_stays_in_its_box(
        self, task: Task, admin: Member, as_member: Any, shown: None
    ) -> None:
        card = dealt(task, admin)
        form = {"draft": str(card.draft_id), "etag": card.etag, "id": str(uuid4()), "verdict": "accept"}
        form |= {"field:category": "bug", "field:urgent": "true", "field:amount": "1,200"}

        answer = as_member(admin).post(
            f"/tasks/{task.slug}/review/", {**form, "value": ["category", "urgent", "amount"]}
        )

        page = answer.content.decode()
        assert answer.status_code == 422
        assert "is &#x27;1,200&#x27;, which can mean 1200 or 1.2: write one of these" in page
        assert not Decision.objects.exists()


def test_a_number_sent_as_a_text_is_read_as_if_it_was_typed(task: Task, admin: Member, shown: None) -> None:
    card = dealt(task, admin)

    with pytest.raises(Refusal, match="'0x1F', expected a number"):
        decide(card, admin, verdict="edit", fields={**card.draft.fields, "amount": "0x1F"})
    decision = decide(card, admin, verdict="edit", fields={**card.draft.fields, "amount": "1.234,5"})

    assert decision.fields and decision.fields["amount"] == 1234.5
