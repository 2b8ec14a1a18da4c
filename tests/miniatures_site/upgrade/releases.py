"""The database of each release, by the last migration of every room. A release adds a line; none is ever changed."""

RELEASES: dict[str, dict[str, str]] = {
    "0.1.0": {
        "members": "0001_initial",
        "jobs": "0001_initial",
        "review": "0005_erased",
        "generation": "0003_provided_teachers",
        "training": "0002_runs_of_studies",
        "evaluation": "0002_studies",
        "serving": "0001_initial",
        "campaigns": "0001_initial",
    },
}
