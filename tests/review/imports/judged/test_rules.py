"""What holds for verdicts from elsewhere: whose they are, which of them stands, and what is refused."""

from __future__ import annotations

import json
import unicodedata
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.core.management import call_command

from members.models import Member
from review.datasets import revocations
from review.desk import deck
from review.models import Assignment, Decision, Draft, Gold, Record, Source, Task
from review.sources.imports.verdicts import import_decisions
from review.spec.task_spec import Reason
from review.states import AssignmentState, DraftState
from tests.review import factories
from tests.review.desk.verbs import judge
from tests.review.imports.conftest import Write
from tests.review.imports.judged.exports import SPEC
from web.errors import Refusal

pytestmark = pytest.mark.django_db
HEAD = "ticket,reply,verdict,reviewer,at,fixed,seconds,polite,draft\n"
COLUMNS = {"ticket": "ticket", "reply": "reply", "verdict": "said.verdict", "reviewer": "said.reviewer"}
MAPPING = COLUMNS | {
    "at": "said.at", "fixed": "edited.reply", "seconds": "said.seconds", "polite": "rating.is polite",
}  # fmt: skip


@pytest.fixture
def task(admin: Member) -> Task:
    return factories.make_task(by=admin, spec=SPEC, slug="replies")


@pytest.fixture
def take(task: Task, admin: Member, write: Write) -> Any:
    def take_in(*lines: str, **more: Any) -> Any:
        text = HEAD + "".join(f"{line}{',' * (8 - line.count(','))}\n" for line in lines)
        return import_decisions(task, write(text, f"{len(text)}.csv"), by=admin, mapping=MAPPING, **more)

    return take_in


def test_somebody_unknown_becomes_a_member_who_cannot_sign_in(take) -> None:
    take("Late,Sorry.,accept,Mara Lind")

    member = Member.objects.get(display_name="Mara Lind")
    assert not member.is_active
    assert not member.has_usable_password()
    assert Decision.objects.get().reviewer == member


def test_a_reason_is_told_however_its_letters_are_composed(admin: Member, write: Write) -> None:
    unkind = Reason(digit=1, code="unkind", label="Unhöflich")
    task = factories.make_task(by=admin, spec=SPEC.model_copy(update={"reasons": (unkind,)}), slug="kind")
    line = f"Late,Sorry.,reject,Mara Lind,{unicodedata.normalize('NFD', 'unhöflich')}\n"
    file = write("ticket,reply,verdict,reviewer,why\n" + line)

    import_decisions(task, file, by=admin, mapping=COLUMNS | {"why": "said.reasons"})

    assert Decision.objects.get().reasons == ["unkind"]


def test_a_flag_of_json_means_what_its_word_was_given(task: Task, admin: Member, write: Write) -> None:
    lines = [
        {"ticket": "Late", "reply": "Sorry.", "verdict": True},
        {"ticket": "Lamp", "reply": "So", "verdict": False},
    ]
    file = write(json.dumps([{**line, "reviewer": "Mara Lind"} for line in lines]), "flagged.json")

    import_decisions(task, file, by=admin, mapping=COLUMNS, verdicts={"true": "reject", "FALSE": "accept"})

    decisions = Decision.objects.order_by("draft__record__title").values_list("draft__record__title", "verdict")
    assert list(decisions) == [("Lamp", "accept"), ("Late", "reject")]


def test_a_name_in_capitals_and_in_small_letters_is_one_member(take) -> None:
    take("Late,Sorry.,accept,Mara Lind", "Lamp,Soon.,reject,mara lind")

    assert Decision.objects.values("reviewer").distinct().count() == 1
    assert Decision.objects.count() == 2


def test_a_name_can_stand_for_a_member_of_the_team(task: Task, take, reviewer: Member) -> None:
    factories.join(reviewer, task)

    take("Late,Sorry.,accept,R. Obst", reviewers={"R. Obst": "rob"})

    assert Decision.objects.get().reviewer == reviewer
    assert not deck.deal(reviewer, task, count=5)
    assert Assignment.objects.get().state == AssignmentState.DONE


def test_a_name_cannot_stand_for_somebody_outside_the_team(take, reviewer: Member) -> None:
    with pytest.raises(Refusal, match="no member 'rob' in the team"):
        take("Late,Sorry.,accept,R. Obst", reviewers={"R. Obst": "rob"})

    assert not Source.objects.exists()


def test_several_verdicts_on_one_draft_are_all_kept(take) -> None:
    take("Late,Sorry.,accept,ann", "Late,Sorry.,accept,bo", "Late,Sorry.,reject,cy")

    assert Draft.objects.get().state == DraftState.DISPUTED
    assert sorted(Decision.objects.values_list("verdict", flat=True)) == ["accept", "accept", "reject"]
    assert not Gold.objects.exists()


def test_of_one_reviewer_the_latest_word_stands_in_whatever_order_they_come(take) -> None:
    take("Late,Sorry.,reject,ann,2026-01-02T10:00:00Z", "Late,Sorry.,accept,ann,2026-01-01T10:00:00Z")

    take("Late,Sorry.,edit,ann,2026-01-03T10:00:00Z,Very sorry.", "Late,Sorry.,reject,ann,2025-12-31T10:00:00Z")

    assert Gold.objects.get().decision.fields == {"reply": "Very sorry."}
    standing = Decision.objects.exclude(verdict="retract").filter(retracted_by__isnull=True)
    assert [decision.verdict for decision in standing] == ["edit"]
    assert Decision.objects.exclude(verdict="retract").count() == 4


@pytest.mark.parametrize("at", ["", "2026-01-02"])
@pytest.mark.parametrize("words", [("accept", "reject"), ("reject", "accept"), ("reject", "accept", "reject")])
def test_of_one_reviewers_words_at_one_time_the_last_in_the_file_stands(take, at: str, words: tuple[str, ...]) -> None:
    take(*(f"Late,Sorry.,{word},ann,{at}" for word in words))

    assert Gold.objects.get().verdict == words[-1]


def test_golds_rebuild_to_what_the_import_wrote(take) -> None:
    take("Late,Sorry.,reject,ann,2026-01-02T10:00:00Z", "Late,Sorry.,accept,ann,2026-01-01T10:00:00Z",
         "Lamp,Soon.,edit,bo,,At once.", "Size,No.,accept,bo", "Size,No.,reject,ann")  # fmt: skip
    before = set(Gold.objects.values_list("draft", "decision", "verdict", "decided_at"))

    call_command("rebuild_golds")

    assert len(before) == 2
    assert set(Gold.objects.values_list("draft", "decision", "verdict", "decided_at")) == before


def test_seconds_may_have_the_comma_of_a_spreadsheet(take) -> None:
    take('Late,Sorry.,accept,ann,,,"12,5",,')

    assert Decision.objects.get().seconds == 12.5


def test_days_as_a_spreadsheet_counts_them_are_no_seconds_since_1970(task: Task, admin: Member, write: Write) -> None:
    line = {"ticket": "Late", "reply": "Sorry.", "verdict": "accept", "reviewer": "ann", "at": 46145.5}

    with pytest.raises(Refusal, match=r"the time is '46145\.5', expected one such as"):
        import_decisions(task, write(json.dumps([line]), "days.json"), by=admin, mapping=COLUMNS | {"at": "said.at"})


def test_an_accept_that_brings_another_text_is_an_edit(take) -> None:
    take("Late,Sorry.,accept,ann,,Very sorry.")

    assert Decision.objects.get().verdict == "edit"


def test_a_verdict_on_a_draft_that_is_here_joins_those_given_here(task: Task, take, reviewer: Member) -> None:
    factories.join(reviewer, task)
    record = factories.make_records(factories.make_source(task), 1)[0]
    Record.objects.filter(pk=record.pk).update(facts={"ticket": "Late"}, group="late")
    [draft] = factories.make_drafts(task, [record], fields=[{"reply": "Sorry."}])
    judge(deck.deal(reviewer, task, count=1)[0], by=reviewer)

    take("Late,Sorry.,reject,ann")

    draft.refresh_from_db()
    assert draft.state == DraftState.DISPUTED
    assert draft.decisions.count() == 2


def test_a_draft_can_be_named_by_its_id(task: Task, admin: Member, write: Write) -> None:
    record = factories.make_records(factories.make_source(task), 1)[0]
    [draft] = factories.make_drafts(task, [record], fields=[{"reply": "Sorry."}])
    lines = f"draft,verdict,reviewer,fixed\n{draft.pk},edit,ann,Gladly.\nnone,accept,ann,\n"
    mapping = {"draft": "said.draft", "verdict": "said.verdict", "reviewer": "said.reviewer", "fixed": "edited.reply"}

    result = import_decisions(task, write(lines), by=admin, mapping=mapping, skip_bad=True)

    assert result.errors == ((3, "this task has no draft 'none'"),)
    assert draft.decisions.get().fields == {"reply": "Gladly."}


def test_an_edited_label_is_its_word(admin: Member, write: Write) -> None:
    task = factories.make_task(by=admin, spec=factories.triage_spec(with_reasoning=False), slug="triage")
    records = factories.make_records(factories.make_source(task), 1)
    [draft] = factories.make_drafts(task, records, fields=[factories.triage_fields(with_reasoning=False)])
    lines = f"draft,verdict,reviewer,label,urgent\n{draft.pk},edit,ann,{factories.CATEGORIES[1]},no\n"
    mapping = {"draft": "said.draft", "verdict": "said.verdict", "reviewer": "said.reviewer"}

    import_decisions(
        task, write(lines), by=admin, mapping=mapping | {"label": "edited.category", "urgent": "edited.urgent"}
    )

    fields = Decision.objects.get().fields
    assert (fields["category"], fields["urgent"]) == (factories.CATEGORIES[1], False)


def test_verdicts_that_differ_on_a_draft_out_of_use_put_it_on_nobodys_desk(take, admin: Member) -> None:
    take("Late,Sorry.,accept,Mara Lind")
    revocations.revoke(Draft.objects.get().pk, by=admin, reason="Wrong.")

    take("Late,Sorry.,reject,Jon Bay")

    assert Draft.objects.get().state == DraftState.KEPT


def test_a_card_in_somebodys_deck_stays_there_and_its_verdict_is_compared(task: Task, take, reviewer: Member) -> None:
    factories.join(reviewer, task)
    take("Late,Sorry.,accept,ann")
    Draft.objects.update(state="pending")
    card = deck.deal(reviewer, task, count=1)[0]

    take("Late,Sorry.,accept,bo")
    outcome = judge(card, by=reviewer, verdict="reject", reasons=["tone"])

    assert outcome.draft_state == DraftState.DISPUTED


@pytest.mark.parametrize("wanted", [1, 2])
def test_a_verdict_of_the_cards_own_holder_takes_it_out_of_their_deck(
    task: Task, take, reviewer: Member, wanted: int
) -> None:
    factories.join(reviewer, task)
    record = factories.make_records(factories.make_source(task), 1)[0]
    Record.objects.filter(pk=record.pk).update(facts={"ticket": "Late"}, group="late")
    factories.make_drafts(task, [record], fields=[{"reply": "Sorry."}])
    Draft.objects.update(verdicts_wanted=wanted)
    deck.deal(reviewer, task, count=1)

    take("Late,Sorry.,accept,R. Obst", reviewers={"R. Obst": "rob"})

    assert Draft.objects.get().state == (DraftState.DECIDED if wanted == 1 else DraftState.PENDING)
    assert not Assignment.objects.filter(state=AssignmentState.ACTIVE).exists()


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (
            "Late,Sorry.,maybe,ann",
            "the verdict is 'maybe'; choose whether that means accept, edit, reject or leave_out",
        ),
        ("Late,Sorry.,,ann", "the verdict is empty"),
        ("Late,Sorry.,accept,", "no reviewer is named"),
        ("Late,Sorry.,edit,ann", "ann has the verdict edit but no edited text"),
        ("Late,Sorry.,accept,ann,yesterday", "the time is 'yesterday', expected one such as 2026-05-03T14:02:11Z"),
        ("Late,Sorry.,accept,ann,2199-01-01T00:00:00Z", "which has not come yet"),
        ("Late,Sorry.,accept,ann,,,-3", "the seconds are '-3', expected a number from 0"),
        ("Late,Sorry.,accept,ann,,,,perhaps", "the rating of 'is polite' is 'perhaps', expected yes or no"),
        ("Late,,accept,ann", "field 'reply' is empty"),
        (",Sorry.,accept,ann", "it names no record"),
    ],
)
def test_a_bad_row_is_named_with_what_was_found_and_what_is_wanted(take, line: str, words: str) -> None:
    with pytest.raises(Refusal) as refused:
        take("Fine,Sorry.,accept,ann", line)

    assert words in refused.value.errors["row 3"][0]
    assert not Decision.objects.exists()
    assert not Draft.objects.exists()
    assert not Member.objects.filter(is_active=False).exists()


def test_with_skip_bad_the_good_rows_come_in_alone(take) -> None:
    result = take("Fine,Sorry.,accept,ann", "Late,Sorry.,maybe,bo", skip_bad=True)

    assert (result.rows_added, result.rows_bad) == (1, 1)
    assert not Member.objects.filter(display_name="bo").exists()
    assert Draft.objects.count() == 1


def test_words_mean_what_the_importer_says(take) -> None:
    result = take("Late,Sorry.,Grün,ann", "Lamp,Soon.,Rot,ann", "Size,No.,Grau,ann",
                  verdicts={"Grün": "accept", "Rot": "reject", "Grau": "leave_out"})  # fmt: skip

    assert sorted(Decision.objects.values_list("verdict", flat=True)) == ["accept", "reject"]
    assert (result.rows_total, result.rows_added) == (3, 2)


def test_a_mapping_without_the_judged_text_or_a_verdict_is_refused(task: Task, admin: Member, write: Write) -> None:
    path = write("ticket,reply,reviewer\nLate,Sorry.,ann\n")

    with pytest.raises(Refusal) as refused:
        import_decisions(task, path, by=admin, mapping={"ticket": "ticket", "reviewer": "said.reviewer"})

    assert set(refused.value.errors) == {"reply", "said.verdict"}


def test_only_a_lead_imports_verdicts(task: Task, reviewer: Member, write: Write) -> None:
    factories.join(reviewer, task)

    with pytest.raises(PermissionDenied):
        import_decisions(task, write(HEAD), by=reviewer)
