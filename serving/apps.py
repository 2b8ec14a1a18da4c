"""App config of serving."""

from django.apps import AppConfig


class ServingConfig(AppConfig):
    name = "serving"

    def ready(self) -> None:
        """Bring this room's kinds of jobs, its teachers, its key, and guard the history of promotions."""
        from generation import ports as generation_ports
        from jobs import ports as job_ports
        from jobs import secrets
        from review import immutability
        from serving.kinds import ServingKind, ServingUpdateKind
        from serving.services import internal_keys, teachers

        job_ports.register(ServingKind())
        job_ports.register(ServingUpdateKind())
        generation_ports.provide(teachers.ROOM, teachers.MiniatureTeachers())
        secrets.provide(internal_keys.NAME, internal_keys.make)
        immutability.declare(
            immutability.Guard(
                "serving_promotion", ("UPDATE", "DELETE"), "",
                "A promotion never changes: promote or take back again.",
            )
        )  # fmt: skip
