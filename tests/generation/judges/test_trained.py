"""A miniature that was trained on experts' verdicts judges as any judge does: asked, held against experts,
ahead of the desk.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client

from generation.engine.clients.json_bodies import shares_at
from generation.judges import chances, figures, launch, trained
from generation.judges import queries as selectors
from generation.judges.acceptance import evidence
from generation.models import Call, JudgedText, Judging, Order, Teacher
from generation.teachers import provided
from jobs.models import JobEvent
from members.models import Member
from review.desk import ordering, ordering_strategies
from review.models import DeskSettings, Draft, Record, Task
from review.sources.judge_records import make
from review.spec import judge_task, prompting
from review.spec.task_spec import TaskSpec
from review.states import DraftState, QueueOrdering, Role, Split
from review.tasks.queries import latest_version
from tests.generation.answering import Answering, Body
from tests.generation.judges.conftest import DRAFTS, REVIEWED
from tests.review import factories
from web.errors import Refusal

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("shared_order")]
TRAINED_ON = 12


class ServedClassifier(Answering):
    """A served miniature that saw the signal: good is what says GOOD, and it is surer of later drafts."""

    def __init__(self) -> None:
        super().__init__(lambda body: "good" if _is_good(body) else "bad")

    def _reply(self, body: Body) -> Body:
        sure = sure_of(int(re.findall(r"number (\d+)", body["messages"][-1]["content"])[-1]), is_good=_is_good(body))
        return super()._reply(body) | {"probabilities": {"verdict": {"good": sure, "bad": 1 - sure}}}


def _is_good(body: Body) -> bool:
    return "GOOD" in body["messages"][-1]["content"]


def sure_of(number: int, *, is_good: bool) -> float:
    return round(0.55 + number / 100, 2) if is_good else 0.1


class FakeRoom:
    """A room that serves one miniature, trained to judge one task."""

    round, origin = 2, "miniature"

    def __init__(self, url: str, judged: Task, taught: TaskSpec) -> None:
        self._url, self._judged, self._taught = url, judged, taught

    def base_url(self) -> str:
        return self._url

    def keys_for(self, task: Task) -> set[str]:
        return set()

    def judge_keys_for(self, task: Task) -> set[str]:
        return {"1"} if task == self._judged else set()

    def keys_seen_by(self, member: Member) -> set[str]:
        return {"1"}

    def judge_spec(self, key: str, task: Task) -> TaskSpec | None:
        return self._taught if key in self.judge_keys_for(task) else None

    def check(self, key: str, task: Task) -> None:
        pass


@pytest.fixture
def miniature(
    order: Order,
    task: Task,
    review_some: Callable[[int], None],
    admin: Member,
    serve: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[tuple[Teacher, ServedClassifier]]:
    """A judge trained on the first companies' verdicts; the other companies are tested on."""
    Draft.objects.filter(task=task).update(random_key=2**62)
    trained_on = Record.objects.filter(task=task, row_number__lte=TRAINED_ON)
    Record.objects.filter(task=task).exclude(pk__in=trained_on.values("pk")).update(split=Split.TEST)
    review_some(REVIEWED)
    made = make.make(task, by=admin)
    assert (made.good, made.bad) == (24, 8)
    server = ServedClassifier()
    room = FakeRoom(server.url, task, latest_version(made.task).spec)
    monkeypatch.setitem(provided._PROVIDERS, "fake", room)
    yield (
        Teacher.objects.create(
            slug="own-judge", name="Own judge", provider="openai-compatible", model="gpt-like-judge",
            parameters={"max_tokens": 50}, provided_by="fake:1",
        ),
        server,
    )  # fmt: skip
    server.close()


@pytest.fixture
def judging(
    miniature: tuple[Teacher, ServedClassifier], task: Task, lead: Member, carry_out: Callable[[Order], None]
) -> Judging:
    judge, subject = miniature[0], launch.of_desk(task)
    made = launch.launch(subject, subject.texts_for(judge, DRAFTS), judge=judge, by=lead, max_cost_usd=None)
    carry_out(made.order)
    return made


def waiting(task: Task) -> list[Draft]:
    return list(Draft.objects.filter(task=task, state=DraftState.PENDING).order_by("queue_position", "id"))


def number_of(text: str) -> int:
    return int(re.findall(r"number (\d+)", text)[0])


@pytest.mark.slow
def test_it_is_asked_as_it_was_trained_and_its_answers_are_taken_in(
    judging: Judging, miniature: tuple[Teacher, ServedClassifier], task: Task
) -> None:
    spec, taught = latest_version(task).spec, latest_version(task.judge_task.task).spec

    for text in JudgedText.objects.filter(judging=judging).select_related("record"):
        facts = judge_task.facts_of(spec, text.record.facts, text.fields)
        asked = prompting.messages(taught, facts, audience="student")
        assert any(body["messages"] == asked for body in miniature[1].asked)
        is_good = "GOOD" in text.fields["reply"]
        assert (text.passes, text.meets, text.why) == (is_good, {}, "")
        assert text.confidence == sure_of(number_of(text.fields["reply"]), is_good=is_good)


@pytest.mark.slow
def test_it_is_held_against_verdicts_of_tested_companies_alone(judging: Judging) -> None:
    held = JudgedText.objects.filter(judging=judging, expert_passes__isnull=False)

    assert set(held.values_list("record__split", flat=True)) == {Split.TEST}
    assert held.count() == REVIEWED - TRAINED_ON
    whole = figures.report(judging).whole
    assert (whole.verdicts.n, whole.verdicts.both + whole.verdicts.neither) == (REVIEWED - TRAINED_ON,) * 2
    assert whole.kappa is not None and whole.kappa.value == 1


@pytest.mark.slow
def test_verdicts_that_it_was_tuned_on_are_refused(
    miniature: tuple[Teacher, ServedClassifier], task: Task, lead: Member
) -> None:
    subject = launch.of_desk(task)

    with pytest.raises(Refusal) as refused:
        launch.quote(subject, subject.texts(DRAFTS), judge=miniature[0], by=lead)

    assert refused.value.code == "judge_was_trained_on_these"


@pytest.mark.slow
def test_drafts_of_an_order_that_it_was_tuned_on_are_left_out(
    miniature: tuple[Teacher, ServedClassifier], order: Order
) -> None:
    texts = launch.of_order(order).texts_for(miniature[0], DRAFTS)

    judged = [text.record_id for text in texts if text.expert_passes is not None]
    assert set(Record.objects.filter(pk__in=judged).values_list("split", flat=True)) == {Split.TEST}
    assert sum(text.expert_passes is None for text in texts) == DRAFTS - REVIEWED


@pytest.mark.slow
def test_its_confidence_orders_the_desk(judging: Judging, task: Task) -> None:
    drafts = waiting(task)
    known = chances.of_drafts(task, [draft.pk for draft in drafts])
    DeskSettings.objects.create(task=task, order=QueueOrdering.LIKELY)

    ordering.order_desk(task.pk)

    good = sorted(
        (number_of(draft.fields["reply"]), known[draft.pk]) for draft in drafts if "GOOD" in draft.fields["reply"]
    )
    bad = [known[draft.pk] for draft in drafts if "BAD" in draft.fields["reply"]]
    assert len(known) == DRAFTS - REVIEWED and max(bad) < min(chance for _, chance in good)
    # Within a tenth, the surer it is the likelier, though experts' verdicts there are the same.
    same_tenth = [chance for number, chance in good if 0.85 <= sure_of(number, is_good=True) < 0.9]
    assert len(same_tenth) > 1 and same_tenth == sorted(set(same_tenth))
    lots = [ordering.lot(task.seed, draft.pk) for draft in drafts]
    places = ordering_strategies.likely_good_first([known[draft.pk] for draft in drafts], lots)
    assert [draft.pk for draft in waiting(task)] == [drafts[place].pk for place in places]


@pytest.mark.slow
def test_its_confidence_is_what_acceptance_looks_for_a_threshold_in(judging: Judging, task: Task) -> None:
    said = evidence.Word("own-judge", "gpt-like-judge", judging.prompt_version, latest_version(task))

    verdicts = evidence.known(task, said)

    assert len(set(verdicts.scores)) > 10 and max(verdicts.scores) == max(
        text.confidence or 0 for text in JudgedText.objects.filter(judging=judging, expert_passes=True)
    )
    assert not any(verdicts.wrong)


@pytest.mark.slow
def test_no_reviewer_and_no_log_is_told_what_it_says(
    judging: Judging, task: Task, make_member: Callable[..., Member]
) -> None:
    reviewer = make_member("rae")
    factories.join(reviewer, task, Role.REVIEWER)

    seen = selectors.texts(reviewer, judging)

    assert {text.expert_passes is None for text in seen} == {False}
    told = [event.payload for event in JobEvent.objects.filter(job=judging.order.job)]
    assert not any(payload.get("probabilities") or payload.get("fields") for payload in told)
    assert not Call.objects.filter(order=judging.order).exclude(fields=None).exists()


@pytest.mark.slow
def test_only_the_task_it_was_trained_for_offers_it(
    miniature: tuple[Teacher, ServedClassifier], task: Task, admin: Member, lead: Member, client: Client
) -> None:
    other = factories.make_task(by=admin, spec=factories.plain_spec(), slug="other")
    client.force_login(admin)

    own, elsewhere = (client.get(f"/tasks/{each.slug}/judge/").content.decode() for each in (task, other))

    assert '<option value="own-judge"' in own and '<option value="own-judge"' not in elsewhere
    with pytest.raises(Refusal, match="was not trained to judge drafts of") as refused:
        trained.words_of(miniature[0], other)
    assert refused.value.code == "judge_cannot"


@pytest.mark.parametrize("said", [{"verdict": "good"}, {"verdict": {"good": "sure"}}, {"verdict": {"good": 1.4}}, [1]])
def test_shares_that_are_none_are_not_believed(said: Any) -> None:
    assert shares_at({"probabilities": said}, "probabilities") == {}


def test_a_miniature_that_writes_is_a_judge_without_confidence() -> None:
    assert judge_task.read({"verdict": "bad"}, {}) == (False, None)
    assert judge_task.read({"verdict": "so-so"}, {}) == (None, None)
