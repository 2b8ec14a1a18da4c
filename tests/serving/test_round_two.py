"""A served miniature as a teacher: its own drafts come to the desk, with their provenance."""

from __future__ import annotations

import pytest
from django.db import transaction
from django.http import Http404

from generation.models import Teacher
from generation.orders import launch
from generation.teachers import edit, provided
from generation.teachers import queries as teacher_selectors
from generation.teachers.edit import NewTeacher
from jobs.supervisor import run_job
from review.models import Draft, JudgeTask
from review.spec import judge_task, prompting
from review.states import Role
from serving.models import Usage
from serving.promotions import promotion
from serving.runtime import internal_keys
from tests.review import factories
from tests.serving.waiting import wait_until
from training.models import TrainingRun
from web.errors import Refusal

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.slow
@pytest.mark.engine
def test_an_order_with_a_miniature_puts_its_drafts_on_the_desk_as_round_two(
    site, engine, promoted, task, lead, settings
):
    settings.SERVING_BASE_URL = site.url
    teacher = Teacher.objects.get(model=promoted.slug)
    order = launch.launch(launch.OrderRequest(task, teacher=teacher, count=4, by=lead))

    run_job(order.job_id, worker="w")

    order.job.refresh_from_db()
    calls = list(order.calls.all())
    assert len(calls) == 4, order.job.error
    assert {call.model for call in calls} == {promoted.slug}
    assert all(call.cost_usd == 0 and call.latency_s > 0 and call.output_tokens for call in calls)
    assert not Draft.objects.filter(job_id=order.job_id, mean_log_prob=None).exists()
    # A tiny model writes no mails, so its answers are counted and refused; what is a mail becomes a draft.
    drafts = list(Draft.objects.filter(job_id=order.job_id))
    assert len(drafts) + sum(call.state == "failed" for call in calls) == 4
    prompt = prompting.messages(order.task_version.spec, calls[0].record.facts, audience="student")
    assert calls[0].prompt_hash == prompting.prompt_hash(prompt)
    assert "base_url" not in order.teacher_spec or not order.teacher_spec["base_url"]
    wait_until(lambda: Usage.objects.filter(token="internal", member=None, requests=4).exists())


@pytest.mark.slow
def test_only_members_of_its_task_hear_of_a_miniature_as_teacher(promoted, lead, admin, make_member):
    stranger, other = make_member("sam"), factories.make_task(by=admin, slug="other")
    factories.join(stranger, other, Role.LEAD)
    teacher = Teacher.objects.get(model=promoted.slug)

    seen = {
        member.username: {line.teacher for line in teacher_selectors.lines(member)}
        for member in (lead, stranger, admin)
    }

    assert {name: teacher in teachers for name, teachers in seen.items()} == {"lea": True, "sam": False, "ada": True}
    assert Teacher.objects.get(slug="offline") in seen["sam"]
    with pytest.raises(Http404):
        teacher_selectors.teacher_or_404(stranger, teacher.slug)


@pytest.mark.slow
def test_a_judge_is_heard_of_in_the_task_that_it_judges(promoted, admin, make_member):
    judged = factories.make_task(by=admin, slug="judged")
    JudgeTask.objects.create(task=promoted.task, judged=judged)
    lead = make_member("jo")
    factories.join(lead, judged, Role.LEAD)

    assert Teacher.objects.get(model=promoted.slug) in teacher_selectors.visible(lead)


@pytest.mark.slow
def test_its_drafts_say_who_wrote_them_in_which_round(promoted, task, lead):
    from generation.calls import ingest
    from jobs.contracts import EngineEvent

    teacher = Teacher.objects.get(model=promoted.slug)
    record = factories.make_records(factories.make_source(task), 1)[0]
    order = launch.launch(launch.OrderRequest(task, teacher=teacher, count=1, by=lead, record_ids=[record.pk]))
    told = {
        "call_id": "00000000-0000-4000-8000-000000000009", "record": str(record.pk), "index": 0, "model": promoted.slug,
        "fields": {"subject": "A depot for you", "body": "Hi there, shall we talk on Thursday?"},
        "usage": {"input_tokens": 30, "output_tokens": 20}, "cost_usd": 0, "latency_s": 0.4, "parameters": {},
        "labelled_defects": [], "request_id": "",
        "prompt_hash": prompting.prompt_hash(
            prompting.messages(order.task_version.spec, record.facts, audience="student")
        ),
    }  # fmt: skip

    with transaction.atomic():
        ingest.consume(order.job, [EngineEvent(seq=1, ts=1.0, kind="draft", payload=told)])

    draft = Draft.objects.get(job_id=order.job_id)
    assert (draft.origin, draft.round, draft.model) == ("miniature", 2, promoted.slug)
    assert draft.teacher == f"openai-compatible:{promoted.slug}"
    assert draft.messages == prompting.messages(order.task_version.spec, record.facts, audience="student")
    assert (draft.cost_usd, draft.latency_s) == (0, 0.4)


@pytest.mark.slow
def test_a_miniature_writes_for_its_own_task_only_and_while_it_is_served(promoted, admin, lead):
    teacher = Teacher.objects.get(model=promoted.slug)
    other = factories.make_task(by=admin, slug="other")
    factories.make_records(factories.make_source(other), 2)

    with pytest.raises(Refusal) as elsewhere:
        launch.quote(launch.OrderRequest(other, teacher=teacher, count=1, by=admin))
    promotion.demote(promoted, by=lead)
    teacher.refresh_from_db()
    with pytest.raises(Refusal) as off:
        launch.quote(launch.OrderRequest(promoted.task, teacher=teacher, count=1, by=admin))

    assert (elsewhere.value.code, off.value.code) == ("teacher_of_another_task", "teacher_off")
    assert not teacher.is_active


@pytest.mark.slow
def test_only_its_own_task_offers_it_as_a_teacher(promoted, task, admin, as_member):
    other = factories.make_task(by=admin, slug="other")
    factories.make_records(factories.make_source(other), 2)
    slug = Teacher.objects.get(model=promoted.slug).slug
    client = as_member(admin)

    own, elsewhere = (client.get(f"/tasks/{each.slug}/generation/").content.decode() for each in (task, other))

    assert f'<option value="{slug}"' in own
    assert f'<option value="{slug}"' not in elsewhere
    assert '<option value="offline"' in elsewhere
    assert slug not in [line.teacher.slug for line in teacher_selectors.lines_for(admin, other)]


@pytest.mark.slow
def test_promoting_again_puts_the_same_teacher_back_into_use(promoted, lead):
    promotion.demote(promoted, by=lead)

    promotion.promote(promoted, by=lead)

    teacher = Teacher.objects.get(provided_by=f"serving:{promoted.pk}")
    assert teacher.is_active
    assert teacher_selectors.line_of(teacher, teacher_selectors.price_of(teacher)).can_be_asked


@pytest.mark.slow
def test_it_is_not_edited_by_hand_and_its_key_cannot_be_named_for_another(promoted, admin):
    teacher = Teacher.objects.get(model=promoted.slug)
    thief = NewTeacher(
        slug="thief", name="Thief", provider="openai-compatible", model="m", base_url="https://example.com/v1",
        secret_ref=internal_keys.NAME,
    )  # fmt: skip

    with pytest.raises(Refusal) as provided_one:
        edit.change(teacher, thief, by=admin)
    with pytest.raises(Refusal) as named:
        edit.create(thief, by=admin)

    assert provided_one.value.code == "teacher_provided"
    assert "secret_ref" in named.value.errors


def test_a_key_of_the_product_is_signed_and_grows_old(settings):
    from serving.openai.errors import ApiError
    from serving.v1 import auth

    key = internal_keys.make()

    assert auth.caller_of(f"Bearer {key}").member is None
    for forged in (key[:-2] + "aa", internal_keys.PREFIX, f"{internal_keys.PREFIX}serving"):
        with pytest.raises(ApiError) as refused:
            auth.caller_of(f"Bearer {forged}")
        assert refused.value.status == 401


def test_two_miniatures_of_like_names_become_two_teachers(db):
    offers = [
        provided.NewProvidedTeacher(provided_by=f"serving:{n}", slug="same", name="Same", model=f"m{n}", secret_ref="")
        for n in range(2)
    ]

    made = [provided.offer(offer) for offer in offers]

    assert [teacher.slug for teacher in made] == ["same", "same-2"]


@pytest.mark.slow
def test_a_miniature_of_a_judge_task_judges_the_drafts_of_its_task_alone(promoted, admin):
    teacher = Teacher.objects.get(model=promoted.slug)
    judged = factories.make_task(by=admin, slug="judged")
    JudgeTask.objects.create(task=promoted.task, judged=judged)

    offered = [provided.judge_for(task, [teacher]) for task in (judged, promoted.task)]
    spec = provided.judge_spec(teacher, judged)
    shaped = judge_task.spec_of(promoted.run.taught)
    asks = factories.make_task(by=admin, slug="asks", spec=shaped).versions.get()
    TrainingRun.objects.filter(pk=promoted.run_id).update(task_version=asks)

    assert offered == [[teacher], []]
    # It was tuned before its task asked for good or bad: what it writes is no verdict.
    assert spec is None
    assert provided.judge_spec(teacher, judged) == shaped
    assert provided.judge_spec(teacher, promoted.task) is None
