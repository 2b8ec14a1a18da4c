"""Pages of miniatures: the registry, one with its lineage, its archive, and writing with it."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile

import pytest
from django.urls import reverse

from jobs.models import Job

pytestmark = pytest.mark.django_db
PROSPECT = {"company": "Lund Works", "sector": "glass"}


def test_the_registry_lists_miniatures_and_an_empty_one_names_the_next_act(as_member, admin, task, miniature):
    address = reverse("training:miniatures", args=[task.slug])
    link = reverse("training:miniature", args=[miniature.pk])

    page = as_member(admin).get(address).content.decode()
    miniature.delete()
    empty = as_member(admin).get(address).content.decode()

    assert link in page
    assert "Launch a run" in empty


def test_a_miniature_shows_everything_it_came_from(as_member, admin, miniature, version):
    page = as_member(admin).get(reverse("training:miniature", args=[miniature.pk])).content.decode()

    assert version.content_hash[:12] not in page
    assert "Prospects" in page
    assert "offline" in page
    assert "15 accept" in page
    assert "ada (15)" in page
    assert f"/evaluations/of-run/{miniature.run_id}/card/" in page


def test_the_form_begins_with_a_company_the_miniature_has_never_seen(as_member, admin, miniature):
    page = as_member(admin).get(reverse("training:miniature", args=[miniature.pk])).content.decode()

    assert "\nAarhus Works 10</textarea>" in page


async def read(response) -> bytes:
    return b"".join([block async for block in response.streaming_content])


@pytest.mark.django_db(transaction=True)
def test_the_archive_holds_the_weights_the_card_and_a_manifest_with_the_lineage(as_member, admin, miniature):
    from asgiref.sync import async_to_sync

    response = as_member(admin).get(reverse("training:miniature-archive", args=[miniature.pk]))

    archive = zipfile.ZipFile(io.BytesIO(async_to_sync(read)(response)))
    assert archive.testzip() is None
    version = miniature.run.dataset_version
    assert set(archive.namelist()) == {
        f"{miniature.slug}/{name}"
        for name in (
            *("README.md", "miniature.json", "adapter_config.json", "adapter_model.safetensors"),
            *("card/card.json", "card/card.md", "card/dataset.json", "card/task-version-1.json"),
        )
    }
    assert hashlib.sha256(archive.read(f"{miniature.slug}/card/dataset.json")).hexdigest() == version.content_hash
    assert archive.read(f"{miniature.slug}/adapter_model.safetensors") == b"\x00" * 2048
    manifest = json.loads(archive.read(f"{miniature.slug}/miniature.json"))
    assert manifest["lineage"]["dataset_version"]["number"] == 1
    assert manifest["summary"]["validation_loss"] == 0.61


def test_a_download_that_holds_other_bytes_than_those_named_is_refused(as_member, admin, miniature):
    address = reverse("training:miniature-archive", args=[miniature.pk])

    other = as_member(admin).get(address, HTTP_IF_MATCH='"other"')
    dated = as_member(admin).get(address, HTTP_IF_UNMODIFIED_SINCE="Sat, 01 Jan 2000 00:00:00 GMT")

    assert (other.status_code, other.json()["code"]) == (412, "another_file")
    assert dated.status_code == 200


def test_writing_without_scripts_leads_to_the_page_that_shows_it(as_member, admin, miniature):
    client = as_member(admin)

    answer = client.post(reverse("training:miniature-write", args=[miniature.pk]), PROSPECT)
    page = client.get(answer["Location"]).content.decode()

    job = Job.objects.get(kind="write")
    assert answer.status_code == 302
    assert job.spec["records"] == [PROSPECT]
    assert reverse("training:miniature-writing", args=[miniature.pk, job.pk]) in page
    assert "\nLund Works</textarea>" in page


def test_a_missing_fact_is_named_and_what_was_typed_stays(as_member, admin, miniature):
    address = reverse("training:miniature-write", args=[miniature.pk])

    plain = as_member(admin).post(address, {"sector": "glass"})
    part = as_member(admin).post(address, {"sector": "glass"}, headers={"HX-Request": "true"})

    assert plain.status_code == 422
    assert "&#x27;company&#x27; is missing" in plain.content.decode()
    assert "\nglass</textarea>" in plain.content.decode()
    assert "&#x27;company&#x27; is missing" in part.content.decode()
    assert "<html" not in part.content.decode()
    assert not Job.objects.filter(kind="write").exists()


def test_what_was_written_is_shown_with_its_marks(as_member, admin, miniature):
    client = as_member(admin)
    client.post(reverse("training:miniature-write", args=[miniature.pk]), PROSPECT)
    mark = {
        "check": "spam",
        "field": "subject",
        "start": 0,
        "end": 4,
        "message": "shouts",
        "severity": "error",
        "mend": "",
    }
    output = {
        "text": "", "fields": {"subject": "FREE sensors", "body": "Hi {{contact.first_name}},"}, "marks": [mark],
        "error": "", "seconds": 1.5, "prompt_tokens": 40, "completion_tokens": 20,
    }  # fmt: skip
    job = Job.objects.get(kind="write")
    Job.objects.filter(pk=job.pk).update(state="succeeded", result={"outputs": [output]})

    part = client.get(reverse("training:miniature-writing", args=[miniature.pk, job.pk])).content.decode()

    assert '<mark class="mark is-error"' in part
    assert "shouts" in part
    assert "40 tokens read, 20 written" in part
    assert "hx-trigger" not in part
