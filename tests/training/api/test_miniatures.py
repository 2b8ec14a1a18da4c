"""The API of miniatures: the registry, one with its lineage, and having it write."""

from __future__ import annotations

import pytest

from jobs.models import Job
from training.miniatures import api
from training.states import RunPurpose

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("shared_version")]
PROSPECT = {"company": "Lund Works", "sector": "glass"}
OUTPUT = {
    "text": "Subject: Hello", "fields": {"subject": "Hello", "body": "Hi {{contact.first_name}},"}, "marks": [],
    "error": "", "seconds": 0.8, "prompt_tokens": 40, "completion_tokens": 20,
}  # fmt: skip


@pytest.fixture
def at_once(monkeypatch):
    """Nobody works in these tests: do not wait for a worker."""
    monkeypatch.setattr(api, "WAIT_S", 0)


def address(miniature):
    return f"/api/v1/miniatures/{miniature.pk}/"


def test_a_miniature_tells_its_files_and_its_whole_lineage(api_as, viewer, miniature, task, version):
    client = api_as(viewer, scopes=("read",))

    listed = client.get("/api/v1/miniatures/", {"task": task.slug}).json()["results"]
    body = client.get(address(miniature)).json()

    assert [each["slug"] for each in listed] == ["outreach-run-1-lora"]
    assert {file["path"] for file in body["files"]} == {"adapter_config.json", "adapter_model.safetensors"}
    lineage = body["lineage"]
    assert lineage["task_versions"][0]["rows"] == version.counts["rows"] == 15
    assert lineage["decisions"] == {"accept": 15}
    assert lineage["reviewers"] == [{"reviewer": "ada", "decisions": 15}]
    assert lineage["teachers"][0]["teacher"] == "offline"
    assert lineage["student"]["manifest_sha256"] == miniature.student.manifest_sha256


def test_the_archive_is_not_sent_to_who_has_it_or_names_another(api_as, admin, miniature):
    client = api_as(admin)

    first = client.get(f"{address(miniature)}adapter.zip")
    again = client.get(f"{address(miniature)}adapter.zip", HTTP_IF_NONE_MATCH=first["ETag"])
    other = client.get(f"{address(miniature)}adapter.zip", HTTP_IF_MATCH='"other"')

    assert first["Content-Disposition"] == 'attachment; filename="outreach-run-1-lora.zip"'
    assert again.status_code == 304
    assert (other.status_code, other.json()["code"]) == (412, "another_file")


def test_a_record_without_a_required_fact_is_a_problem_that_names_it(api_as, admin, miniature):
    answer = api_as(admin).post(
        f"{address(miniature)}write/", {"record": {"size": "40", "colour": "red"}}, format="json"
    )

    assert answer.status_code == 422
    assert set(answer.json()["errors"]) == {"company", "sector", "colour"}
    assert "required" in answer.json()["errors"]["company"][0]
    assert not Job.objects.filter(kind="write").exists()


def test_what_takes_long_answers_202_with_its_job_and_the_same_key_waits_for_the_same_text(
    api_as, admin, miniature, at_once
):
    client, body = api_as(admin), {"record": PROSPECT}

    first = client.post(f"{address(miniature)}write/", body, format="json", HTTP_IDEMPOTENCY_KEY="w1")
    job = Job.objects.get(kind="write")
    Job.objects.filter(pk=job.pk).update(state="succeeded", result={"outputs": [OUTPUT]})
    again = client.post(f"{address(miniature)}write/", body, format="json", HTTP_IDEMPOTENCY_KEY="w1")

    assert first.status_code == 202
    assert first.json() == {"id": str(job.pk), "job": str(job.pk)}
    assert again.status_code == 200
    assert again.json() == {"fields": OUTPUT["fields"], "marks": [], "seconds": 0.8, "job": str(job.pk)}
    assert Job.objects.filter(kind="write").count() == 1


def test_a_text_without_fields_is_a_problem_that_shows_it(api_as, admin, miniature, at_once):
    client, body = api_as(admin), {"record": PROSPECT}
    client.post(f"{address(miniature)}write/", body, format="json", HTTP_IDEMPOTENCY_KEY="w1")
    nothing = {**OUTPUT, "fields": None, "text": "lala", "error": "The text is not of the task's shape: no."}
    Job.objects.filter(kind="write").update(state="succeeded", result={"outputs": [nothing]})

    answer = client.post(f"{address(miniature)}write/", body, format="json", HTTP_IDEMPOTENCY_KEY="w1")

    assert answer.status_code == 422
    assert answer.json()["code"] == "no_fields"
    assert answer.json()["state"] == {"text": "lala"}


def test_a_writing_that_failed_says_why(api_as, admin, miniature, at_once):
    client, body = api_as(admin), {"record": PROSPECT}
    client.post(f"{address(miniature)}write/", body, format="json", HTTP_IDEMPOTENCY_KEY="w1")
    error = {"code": "student_changed", "message": "The files are not those.", "hint": "Put them back."}
    Job.objects.filter(kind="write").update(state="failed", error=error)

    answer = client.post(f"{address(miniature)}write/", body, format="json", HTTP_IDEMPOTENCY_KEY="w1")

    assert answer.status_code == 422
    assert (answer.json()["code"], answer.json()["hint"]) == ("student_changed", "Put them back.")


def test_what_a_study_made_is_not_listed_but_found_by_its_id(api_as, viewer, miniature, task):
    type(miniature.run).objects.update(purpose=RunPurpose.STUDY)
    client = api_as(viewer, scopes=("read",))

    listed = client.get("/api/v1/miniatures/", {"task": task.slug}).json()["results"]

    assert listed == []
    assert client.get(address(miniature)).status_code == 200
