"""What must hold of a desk whatever happened to it: nothing lost, nothing doubled, nothing overwritten."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from uuid import UUID

from review.desk import golds
from review.models import Assignment, Decision, Draft, Gold, KnownAnswer, Task
from review.states import AssignmentState, DraftState, Verdict


def assert_sound(task: Task) -> None:
    """Hold the rows of a desk against each other."""
    said = list(Decision.objects.filter(task=task).order_by("created_at", "id"))
    taken_back = {decision.retracts_id for decision in said if decision.retracts_id}
    held = Counter(Assignment.objects.filter(task=task, state=AssignmentState.ACTIVE).values_list("draft", flat=True))
    assert max(held.values(), default=1) == 1, "a card in two decks"
    by_card: dict[UUID, list[Decision]] = {}
    for decision in said:
        if decision.verdict != Verdict.RETRACT and decision.pk not in taken_back and not decision.is_late:
            by_card.setdefault(decision.draft_id, []).append(decision)
    known = set(KnownAnswer.objects.filter(task=task).values_list("draft", flat=True))
    counting = dict(Gold.objects.filter(task=task).values_list("draft", "decision"))
    for card in Draft.objects.filter(task=task):
        standing = by_card.get(card.pk, [])
        authors = [decision.reviewer_id for decision in standing]
        assert len(authors) == len(set(authors)), "one reviewer judged one card twice"
        assert (card.state == DraftState.LEASED) == (card.pk in held), "a lease without a holder"
        if card.pk in known:
            assert card.pk not in counting, "a known answer made a gold"
            continue
        assert len(standing) <= card.verdicts_wanted, "more verdicts than the card takes"
        assert (card.pk in counting) == (card.state == DraftState.DECIDED), "a gold and its card disagree"
        if card.state == DraftState.PENDING:
            assert len(standing) < card.verdicts_wanted, "a card that was judged waits"
    golds.rebuild()
    assert dict(Gold.objects.filter(task=task).values_list("draft", "decision")) == counting


def assert_all_there(task: Task, answered: Iterable[UUID], refused: Iterable[UUID]) -> None:
    """Hold what clients were told against what is stored."""
    stored = set(Decision.objects.filter(task=task).values_list("pk", flat=True))
    assert set(answered) == stored, "told and stored differ"
    assert not set(refused) & stored, "refused and stored all the same"
