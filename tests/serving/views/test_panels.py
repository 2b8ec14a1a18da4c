"""Serving on the registry and on a miniature's page: who sees what, who may change it."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from jobs.models import Job
from jobs.rundir import identity
from serving.models import Promotion, Usage
from serving.promotions import promotion
from serving.promotions import queries as selectors
from serving.runtime import replicas, status
from serving.v1 import usage
from serving.v1.usage import UsageEntry

pytestmark = pytest.mark.django_db


def panel(client, task, **headers):
    return client.get(f"/tasks/{task.slug}/serving/", headers=headers)


@pytest.mark.slow
def test_the_registry_shows_what_is_served_and_what_was_asked_of_it(as_member, lead, promoted, task):
    for _ in range(2):
        usage.count_usage(UsageEntry(promoted.pk, lead.pk, "abc", "answered", 10, 20, 0.5))
    usage.count_usage(UsageEntry(promoted.pk, lead.pk, "abc", "error"))

    page = panel(as_member(lead), task).content.decode()
    part = panel(as_member(lead), task, hx_request="true").content.decode()

    assert "<html" in page
    assert "<html" not in part
    for html in (page, part):
        assert promoted.slug in html
        assert "current" in html
        assert '<td class="num">3</td>' in html
        assert '<td class="num">40</td>' in html
    row = Usage.objects.get()
    assert (row.requests, row.errors, row.prompt_tokens, row.seconds) == (3, 1, 20, 1.0)


@pytest.mark.slow
def test_a_lead_promotes_and_takes_back_and_the_history_stays(as_member, lead, miniature, task):
    client = as_member(lead)

    promoting = client.post(f"/miniatures/{miniature.pk}/promote/", {"next": f"/miniatures/{miniature.pk}/"})
    again = client.post(f"/miniatures/{miniature.pk}/promote/")
    served = [writer.name for writer in selectors.served_miniatures(task=task)]
    client.post(f"/miniatures/{miniature.pk}/demote/")
    client.post(f"/miniatures/{miniature.pk}/demote/")

    assert promoting["Location"] == f"/miniatures/{miniature.pk}/"
    assert again["Location"] == f"/tasks/{task.slug}/miniatures/"
    assert served == [miniature.slug]
    assert selectors.served_miniatures(task=task) == []
    assert [row.act for row in Promotion.objects.all()] == ["demote", "promote"]
    assert Job.objects.filter(kind="serving").count() == 1
    assert "Promoted" in client.get(f"/miniatures/{miniature.pk}/serving/").content.decode()


def test_a_viewer_is_offered_no_act(as_member, viewer, promoted, task):
    assert "Demote" not in panel(as_member(viewer), task).content.decode()


def test_the_engines_job_is_linked_for_those_who_may_open_it(as_member, admin, lead, viewer, promoted, task):
    address = f"/jobs/{status.current_job().pk}/"

    for member in (admin, lead, viewer):
        client = as_member(member)
        assert (f'href="{address}"' in panel(client, task).content.decode()) == (client.get(address).status_code == 200)


def test_an_admin_stops_serving_and_a_lead_starts_it_again(as_member, admin, lead, promoted, task):
    first = status.current_job()

    as_member(admin).post(f"/tasks/{task.slug}/serving/stop/")
    stopped = status.serving_status().state
    as_member(lead).post(f"/tasks/{task.slug}/serving/start/")

    assert stopped == "stopped"
    assert status.current_job().pk != first.pk
    assert status.serving_status().state == "starting"


@pytest.mark.slow
def test_a_failed_serving_says_why_and_offers_to_start(as_member, lead, promoted, task):
    error = {"code": "crashed", "message": "The engine was killed by SIGKILL.", "hint": "Mend the cause."}
    Job.objects.filter(pk=status.current_job().pk).update(state="failed", error=error)

    html = panel(as_member(lead), task).content.decode()

    assert "The engine was killed by SIGKILL." in html
    assert "Start serving" in html


@pytest.mark.slow
def test_an_engine_on_a_host_without_a_shared_folder_is_out_of_reach_with_the_way_out(
    as_member, lead, promoted, task, settings, tmp_path
):
    settings.SERVING_SOCKET = str(tmp_path / "engine.sock")
    job = status.current_job()
    Job.objects.filter(pk=job.pk).update(
        state="running", fence=2, run_fence=2, host_id="gpu-1", boot_id=identity.boot_id()
    )

    started = status.serving_status().state
    socket = str(tmp_path / "engine.sock")
    job.refresh_from_db()
    replicas.record_report(job, {"state": "running", "socket": socket})
    html = panel(as_member(lead), task).content.decode()
    (tmp_path / "engine.sock").touch()

    assert started == "starting"
    assert "The engine runs on the host gpu-1" in html
    assert "engine.sock" in html
    assert status.serving_status().state != "unreachable"


@pytest.mark.slow
def test_a_button_leads_back_to_our_own_pages_only(as_member, lead, miniature, task):
    answer = as_member(lead).post(f"/miniatures/{miniature.pk}/promote/", {"next": "https://evil.example/"})

    assert answer["Location"] == f"/tasks/{task.slug}/miniatures/"


@pytest.mark.slow
def test_the_history_of_promotions_cannot_be_rewritten(promoted):
    from django.db import DatabaseError, transaction

    for change in (lambda: Promotion.objects.update(act="demote"), lambda: Promotion.objects.all().delete()):
        with pytest.raises(DatabaseError, match="promotion never changes"), transaction.atomic():
            change()


@pytest.mark.slow
def test_the_panel_costs_the_same_for_one_and_for_many(as_member, lead, make_miniature, admin, task):
    client = as_member(lead)

    def statements():
        promotion.promote(make_miniature(), by=admin)
        with CaptureQueriesContext(connection) as counted:
            assert panel(client, task, hx_request="true").status_code == 200
        return len(counted)

    one, _, many = statements(), statements(), statements()

    assert many == one < 25


@pytest.mark.slow
def test_over_the_api_a_lead_promotes_once_for_one_key_and_reads_how_it_stands(api_as, lead, viewer, miniature):
    client = api_as(lead, scopes=("lead",))

    first = client.post(f"/api/v1/miniatures/{miniature.pk}/promote/", HTTP_IDEMPOTENCY_KEY="p1")
    again = client.post(f"/api/v1/miniatures/{miniature.pk}/promote/", HTTP_IDEMPOTENCY_KEY="p1")
    report = client.get("/api/v1/serving/").json()

    assert first.status_code == 202
    assert first.json() == again.json() == {"id": str(miniature.pk), "job": str(status.current_job().pk)}
    assert report["state"] == "starting"
    assert [(each["slug"], each["is_current"]) for each in report["results"]] == [(miniature.slug, True)]
    assert report["results"][0]["usage"]["requests"] == 0
    assert api_as(viewer).get("/api/v1/serving/").json()["results"] == []
    assert client.post(f"/api/v1/miniatures/{miniature.pk}/demote/").status_code == 204
    assert client.get("/api/v1/serving/").json()["results"] == []
