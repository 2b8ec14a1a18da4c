"""Pages of jobs."""

from uuid import UUID

import pytest
from django.test import Client
from django.urls import reverse

from jobs.kinds import registry
from jobs.lifecycle import control
from jobs.models import Job
from jobs.monitor import queries
from tests.jobs.conftest import state_of
from tests.jobs.services.test_parts import WidePart
from web.logs import context


@pytest.fixture
def client_of(client):
    def sign_in(member) -> Client:
        client.force_login(member, backend="django.contrib.auth.backends.ModelBackend")
        return client

    return sign_in


@pytest.mark.django_db
def test_the_list_shows_what_goes_on_and_what_has_ended(launch, admin, client_of):
    going, ended = launch(), launch()
    control.cancel(ended, by=admin)

    page = client_of(admin).get(reverse("jobs:list"))

    assert page.status_code == 200
    assert [job.pk for job in page.context["going_on"].jobs] == [going.pk]
    assert [job.pk for job in page.context["ended"].jobs] == [ended.pk]


@pytest.mark.django_db
def test_a_long_queue_leaves_room_for_the_jobs_that_run(launch):
    ids = [launch().pk for _ in range(4)]
    for job_id, state in zip(ids, ["running", "paused", "queued", "queued"], strict=True):
        Job.objects.filter(pk=job_id).update(state=state)

    first = queries.unfinished(Job.objects.order_by("-created_at", "-id"), limit=3)
    rest = queries.unfinished(Job.objects.order_by("-created_at", "-id"), start=int(first.older), limit=3)

    assert [[job.pk for job in page.jobs] for page in (first, rest)] == [[ids[0], ids[3], ids[2]], [ids[1]]]
    assert rest.older == ""


@pytest.mark.django_db
def test_jobs_that_go_on_beyond_a_page_have_a_page_of_their_own(launch, admin, client_of):
    job = launch()
    Job.objects.bulk_create(Job(kind=job.kind, title=f"Job {number}", state="queued") for number in range(100))

    page = client_of(admin).get(reverse("jobs:list"))
    more = client_of(admin).get(reverse("jobs:list"), {"from": "100"})

    assert 'href="?from=100"' in page.content.decode()
    assert [each.pk for each in more.context["going_on"].jobs] == [job.pk]
    assert more.context["ended"] is None


@pytest.mark.django_db
def test_another_hosts_part_of_a_job_has_no_buttons(launch, admin, client_of, kinds):
    registry.register_kind(WidePart())
    part, whole = launch("wide-part"), launch()

    pages = [client_of(admin).get(reverse("jobs:detail", args=[job.pk])).content.decode() for job in (part, whole)]

    assert ["data-job-verb" in page for page in pages] == [False, True]
    assert ['name="priority"' in page for page in pages] == [False, True]


@pytest.mark.django_db
def test_filters_stand_in_the_address(launch, admin, client_of):
    launch("counting")
    lonely = launch("lonely")

    page = client_of(admin).get(reverse("jobs:list"), {"kind": "lonely", "state": "queued"})

    assert [job.pk for job in page.context["going_on"].jobs] == [lonely.pk]


@pytest.mark.django_db
def test_a_jobs_page_leads_to_all_that_its_request_launched(launch, admin, client_of):
    launch()
    with context.bound(request_id="request-0006"):
        both = [launch(), launch("lonely")]
    client = client_of(admin)

    address = f"{reverse('jobs:list')}?request=request-0006"
    page = client.get(address)

    assert {job.pk for job in page.context["going_on"].jobs} == {job.pk for job in both}
    assert 'value="request-0006"' in page.content.decode()
    assert f'href="{address}"' in client.get(reverse("jobs:detail", args=[both[0].pk])).content.decode()


@pytest.mark.slow
@pytest.mark.django_db
def test_older_pages_follow_without_gap_or_repeat(launch, admin, client_of):
    jobs = [launch() for _ in range(120)]
    Job.objects.update(state="succeeded")
    client, seen, before = client_of(admin), [], ""

    while True:
        page = client.get(reverse("jobs:list"), {"before": before})
        seen += [job.pk for job in page.context["ended"].jobs]
        before = page.context["ended"].older
        if not before:
            break

    assert seen == [job.pk for job in reversed(jobs)]


@pytest.mark.django_db
def test_a_broken_cursor_is_the_beginning(launch, admin, client_of):
    job = launch()

    page = client_of(admin).get(reverse("jobs:list"), {"before": "nonsense~1"}, follow=True)

    assert [each.pk for each in page.context["going_on"].jobs] == [job.pk]


@pytest.mark.django_db
@pytest.mark.parametrize("place", [{"from": "100"}, {"before": f"2020-01-01T00:00:00+00:00~{UUID(int=0)}"}])
def test_a_page_of_jobs_that_no_longer_has_any_leads_to_the_first(launch, admin, client_of, place):
    going, over = launch(), launch()
    Job.objects.filter(pk=over.pk).update(state="failed")

    page = client_of(admin).get(reverse("jobs:list"), {"state": "queued,failed", **place}, follow=True)

    assert page.redirect_chain == [(f"{reverse('jobs:list')}?state=queued%2Cfailed", 302)]
    assert [each.pk for key in ("going_on", "ended") for each in page.context[key].jobs] == [going.pk, over.pk]


@pytest.mark.django_db
def test_the_list_costs_the_same_however_many_jobs_there_are(launch, admin, client_of, django_assert_max_num_queries):
    for _ in range(30):
        launch(task_slug="outreach")
    client = client_of(admin)
    client.get(reverse("jobs:list"))

    with django_assert_max_num_queries(12):
        client.get(reverse("jobs:list"))


@pytest.mark.django_db
def test_a_job_shows_its_history_error_and_buttons(launch, admin, client_of):
    job = launch(task_slug="outreach")
    error = {"code": "x", "message": "No weights in the folder.", "hint": "Add model.safetensors."}
    Job.objects.filter(pk=job.pk).update(state="failed", error=error)

    page = client_of(admin).get(reverse("jobs:detail", args=[job.pk])).content.decode()

    assert "No weights in the folder." in page
    assert "Add model.safetensors." in page
    assert f'data-job="{job.pk}"' in page
    assert reverse("jobs:steer", args=[job.pk, "resume"]) in page


@pytest.mark.django_db
def test_pause_resume_and_cancel_work_as_plain_forms(launch, admin, client_of):
    job, client = launch(), client_of(admin)

    states = []
    for verb in ("pause", "resume", "cancel"):
        answer = client.post(reverse("jobs:steer", args=[job.pk, verb]), {"next": "/jobs/?kind=counting"})
        states.append((answer.status_code, answer["Location"], state_of(job)))

    assert states == [(302, "/jobs/?kind=counting", state) for state in ("paused", "queued", "cancelled")]


@pytest.mark.django_db
def test_a_form_sends_nobody_to_a_strangers_site(launch, admin, client_of):
    job = launch()

    answer = client_of(admin).post(reverse("jobs:steer", args=[job.pk, "pause"]), {"next": "https://evil.example/"})

    assert answer["Location"] == reverse("jobs:detail", args=[job.pk])


@pytest.mark.django_db
def test_what_cannot_be_done_is_said_on_the_page(launch, admin, client_of):
    job, client = launch(), client_of(admin)
    control.cancel(job, by=admin)

    page = client.post(reverse("jobs:steer", args=[job.pk, "resume"]), follow=True)

    assert "This job is cancelled; it cannot be resumed." in page.content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize(("method", "verb", "status"), [("get", "pause", 405), ("post", "explode", 404)])
def test_a_wrong_verb_is_refused(launch, admin, client_of, method, verb, status):
    job = launch()

    assert getattr(client_of(admin), method)(reverse("jobs:steer", args=[job.pk, verb])).status_code == status
