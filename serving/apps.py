"""App config of serving."""

from django.apps import AppConfig


class ServingConfig(AppConfig):
    name = "serving"

    def ready(self) -> None:
        """Bring this room's kinds of jobs, its teachers, its keys, and guard the history of promotions."""
        from generation.teachers import provided as generation_ports
        from jobs.kinds import registry as job_ports
        from jobs.secrets import store
        from review import ports as review_ports
        from review.db import immutability
        from serving.cards import parts
        from serving.kinds import ServingDrainKind, ServingKind, ServingUpdateKind
        from serving.models import Router
        from serving.promotions import queries, teachers
        from serving.runtime import internal_keys, replica_keys
        from training.miniatures import zip_stream

        job_ports.register_kind(ServingKind())
        job_ports.register_kind(ServingUpdateKind())
        job_ports.register_kind(ServingDrainKind())
        generation_ports.register_provider(teachers.ROOM, teachers.MiniatureTeachers())
        review_ports.dependents.register(queries.resting_on)
        review_ports.named_models.register(Router.objects.all)
        zip_stream.card_files.install(parts.card_files)
        store.provide(internal_keys.NAME, internal_keys.make)
        store.provide_all(replica_keys.PREFIX, replica_keys.make)
        immutability.declare(
            immutability.Guard(
                "serving_promotion",
                ("UPDATE", "DELETE"),
                "",
                "A promotion never changes: promote or take back again.",
            )
        )
        for table, why, erasable in (
            ("serving_router", "A router never changes: set its thresholds again, or make another one.", ()),
            ("serving_routerversion", "A version of a router never changes: set its thresholds again.", ()),
            # It may be a number of a record, and so a fact of a person.
            ("serving_routed", "What was routed never changes.", ("value",)),
            ("serving_routeoutcome", "The outcome of a routed request never changes.", ()),
        ):
            immutability.declare(immutability.Guard(table, ("UPDATE", "DELETE"), "", why, erasable=erasable))
