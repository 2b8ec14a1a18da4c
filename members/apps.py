"""App config of members."""

from django.apps import AppConfig


class MembersConfig(AppConfig):
    name = "members"

    def ready(self) -> None:
        # Registers itself with the schema generator by being imported.
        from members import schema  # noqa: F401
