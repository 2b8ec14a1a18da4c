"""The API's schema is sound, and its reference is drawn from it."""

from __future__ import annotations

from django.core.management import call_command


def test_the_reference_names_every_path_of_the_schema(admin, as_member):
    client = as_member(admin)
    schema = client.get("/api/v1/schema/?format=json", headers={"Accept": "application/vnd.oai.openapi+json"}).json()

    page = client.get("/api/v1/docs/").content.decode()

    assert len(schema["paths"]) > 5
    assert "next, previous, results, results[].id, results[].task" in page
    assert [path for path in schema["paths"] if path not in page] == []
    assert schema["components"]["securitySchemes"]["bearer"]["scheme"] == "bearer"


def test_the_schema_is_valid_and_generated_without_a_warning(tmp_path, capfd):
    # Two components of one name, an endpoint without a shape: the generator only warns, and clients get wrong types.
    call_command("spectacular", "--validate", file=str(tmp_path / "schema.yml"))

    said = capfd.readouterr().err
    assert "Warning" not in said, said
    assert "Error" not in said, said
