"""Tasks, sources and records over the API."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from rest_framework.test import APIClient

from members.models import Member
from review.models import Record, Task
from review.spec.json_schema_reading import fields_from_json_schema
from review.spec.starters import outreach
from review.spec.task_spec import SYSTEM_MARK
from tests.review.factories import make_task, triage_spec

pytestmark = pytest.mark.django_db
ApiAs = Callable[..., APIClient]
GOOD = b"company,sector\nAcme,steel\nBolt,rail\n"


@pytest.fixture
def api(admin: Member, api_as: ApiAs) -> APIClient:
    return api_as(admin)


def upload(api: APIClient, content: bytes = GOOD, **more: str) -> object:
    return api.post(
        "/api/v1/sources/",
        {"file": SimpleUploadedFile("p.csv", content), "task": "outreach", **more},
        format="multipart",
    )


def test_a_version_says_what_it_writes_as_json_schema_that_can_be_brought_back(api: APIClient, admin: Member) -> None:
    spec = triage_spec(with_reasoning=False)
    make_task(by=admin, spec=spec, slug="triage")

    schema = api.get("/api/v1/tasks/triage/versions/1/").json()["output_json_schema"]

    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["properties"]["category"]["enum"] == [label.name for label in spec.output_schema[0].labels]
    assert [field.name for field in fields_from_json_schema(schema)] == ["category", "urgent", "amount"]


def test_a_task_is_made_from_a_starter_read_and_changed(api: APIClient) -> None:
    made = api.post("/api/v1/tasks/", {"name": "Outreach", "slug": "outreach", "starter": "outreach"}, format="json")
    spec = made.json()["spec"] | {"guideline": "Be brief."}
    next_version = api.post("/api/v1/tasks/outreach/versions/", {"spec": spec, "note": "brief"}, format="json")
    task = api.get("/api/v1/tasks/outreach/").json()
    versions = api.get("/api/v1/tasks/outreach/versions/").json()

    assert (made.status_code, made.json()["number"]) == (201, 1)
    assert (next_version.status_code, next_version.json()["number"]) == (201, 2)
    assert (task["latest_version"], task["version"]["spec"]["guideline"]) == (2, "Be brief.")
    assert [version["number"] for version in versions["results"]] == [2, 1]
    assert api.get("/api/v1/tasks/outreach/versions/1/").json()["spec"] == outreach.SPEC.canonical()
    assert [one["slug"] for one in api.get("/api/v1/tasks/").json()["results"]] == ["outreach"]


def test_a_specification_with_mistakes_is_a_problem_with_paths(api: APIClient, task: Task) -> None:
    spec = outreach.SPEC.canonical() | {"student_template": "{{nobody}}", "language": "English"}

    answer = api.post("/api/v1/tasks/outreach/versions/", {"spec": spec}, format="json")

    assert (answer.status_code, answer["Content-Type"]) == (422, "application/problem+json")
    assert answer.json()["errors"]["language"] == ["A language code such as 'en' or 'de-AT'."]


def test_a_fault_of_the_version_before_refuses_no_other_change(api: APIClient, admin: Member) -> None:
    template = f"{outreach.SPEC.student_template} {SYSTEM_MARK}"
    task = make_task(by=admin, spec=outreach.SPEC.model_copy(update={"student_template": template}))
    spec = outreach.SPEC.canonical() | {"guideline": "Be brief.", "student_template": template}

    address = f"/api/v1/tasks/{task.slug}/versions/"

    assert api.post(address, {"spec": spec}, format="json").status_code == 201
    assert api.post(address, {"spec": spec | {"teacher_template": template}}, format="json").status_code == 422


def test_a_form_with_two_files_or_a_field_that_is_none_imports_nothing(api: APIClient, task: Task) -> None:
    files = [SimpleUploadedFile(name, GOOD) for name in ("a.csv", "b.csv")]

    both = api.post("/api/v1/sources/", {"file": files, "task": "outreach"}, format="multipart")
    misspelt = upload(api, delimeter="semicolon")

    assert (both.status_code, list(both.json()["errors"])) == (400, ["file"])
    assert misspelt.status_code == 400
    assert "There is no field 'delimeter'; nearest: delimiter." in misspelt.json()["errors"]["delimeter"][0]
    assert not Record.objects.exists()


@pytest.mark.parametrize("content_type", ["", "application/json"])
def test_an_import_without_a_body_says_what_is_missing(api: APIClient, content_type: str) -> None:
    answer = api.generic("POST", "/api/v1/sources/", content_type=content_type)

    assert answer.status_code == 400
    assert set(answer.json()["errors"]) == {"file", "task"}


@pytest.mark.parametrize(
    "body", [{"name": "A", "slug": "a"}, {"name": "A", "slug": "a", "starter": "blank", "spec": {}}, {}]
)
def test_a_task_needs_a_name_and_one_beginning(api: APIClient, body: dict) -> None:
    assert api.post("/api/v1/tasks/", body, format="json").status_code == 400


def test_a_file_is_imported_and_its_records_are_found(api: APIClient, task: Task) -> None:
    made = upload(api, provenance="made up")
    again = upload(api)
    source = made.json()["id"]

    assert (made.status_code, made.json()["rows_added"]) == (201, 2)
    assert (again.status_code, again.json()["rows_added"], again.json()["rows_known"], again.json()["id"]) == (
        200,
        0,
        2,
        source,
    )
    assert api.get(f"/api/v1/sources/{source}/").json()["provenance"] == "made up"
    assert len(api.get("/api/v1/sources/", {"task": "outreach"}).json()["results"]) == 1
    assert len(api.get("/api/v1/records/", {"task": "outreach", "source": source}).json()["results"]) == 2
    assert len(api.get("/api/v1/records/", {"source": "p"}).json()["results"]) == 2
    found = api.get("/api/v1/records/", {"q": "rail"}).json()["results"]
    assert [record["title"] for record in found] == ["Bolt"]
    assert api.get(f"/api/v1/records/{found[0]['id']}/").json()["facts"] == {"company": "Bolt", "sector": "rail"}


def test_bad_rows_come_back_numbered_and_nothing_is_kept(api: APIClient, task: Task) -> None:
    answer = upload(api, GOOD + b"Cog\n")

    assert (answer.status_code, answer.json()["code"]) == (422, "rows_bad")
    assert answer.json()["errors"] == {"row 4": ["1 cells where the header has 2"]}
    assert "skip_bad=true" in answer.json()["hint"]
    assert not Record.objects.exists()
    assert upload(api, GOOD + b"Cog\n", skip_bad="true").json()["errors"] == [
        {"row": 4, "reason": "1 cells where the header has 2"}
    ]


def test_a_mapping_comes_as_json(api: APIClient, task: Task) -> None:
    good = upload(api, b"a,b\nAcme,steel\n", mapping='{"a": "company", "b": "sector"}')
    bad = upload(api, b"a,b\nAcme,steel\n", mapping="company")
    shape = upload(api, b"a,b\nAcme,steel\n", mapping='["a"]')

    assert good.status_code == 201
    assert (bad.status_code, shape.status_code) == (400, 400)


@pytest.mark.parametrize(
    ("query", "status", "told"),
    [
        ({"split": "nope"}, 400, "expected one of train, validation, test"),
        ({"source": "nope"}, 400, "expected the slug or id of a source, such as"),
        ({"task": "nope"}, 404, "There is no task 'nope'"),
    ],
)
@pytest.mark.parametrize("path", ["records", "drafts"])
def test_a_filter_that_cannot_fit_is_a_problem_that_says_what_could(
    api: APIClient, task: Task, path: str, query: dict[str, str], status: int, told: str
) -> None:
    upload(api)

    answer = api.get(f"/api/v1/{path}/", query)

    assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json")
    assert told in answer.content.decode()
