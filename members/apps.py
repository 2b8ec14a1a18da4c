"""App config of members."""

from django.apps import AppConfig


class MembersConfig(AppConfig):
    name = "members"

    def ready(self) -> None:
        """Show the schema generator our tokens, name people for the audit trail, and note who signs in when."""
        from audit import ports
        from members import (
            reauthentication,
            schema,  # noqa: F401 (registers itself with the schema generator by being imported)
            selectors,
            sign_ins,
        )

        ports.set_people(selectors.names_of, selectors.ids_meant)
        sign_ins.listen()
        reauthentication.listen()
