"""The API reference is drawn from the schema itself."""

from __future__ import annotations


def test_the_reference_names_every_path_of_the_schema(admin, as_member):
    client = as_member(admin)
    schema = client.get("/api/v1/schema/?format=json", headers={"Accept": "application/vnd.oai.openapi+json"}).json()

    page = client.get("/api/v1/docs/").content.decode()

    assert len(schema["paths"]) > 5
    assert [path for path in schema["paths"] if path not in page] == []
    assert schema["components"]["securitySchemes"]["bearer"]["scheme"] == "bearer"
