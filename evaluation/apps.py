"""App config of evaluation."""

from django.apps import AppConfig


class EvaluationConfig(AppConfig):
    name = "evaluation"

    def ready(self) -> None:
        """Bring this room's kinds of jobs, listen for what ends, and guard studies, votes, suites and gates."""
        from evaluation.arena import open_arena
        from evaluation.arena import queries as arena_queries
        from evaluation.evaluations import erasing, queries, start_evaluation, worse_teachers
        from evaluation.kinds import CellScoringKind, EvaluationKind, PaperKind, RoundKind, StudyJobKind
        from evaluation.models import immutable_rows
        from evaluation.paper import advance as papers
        from evaluation.rounds import advance as rounds
        from evaluation.studies import advance
        from generation.judges import queries as judges
        from generation.orders import queries as orders
        from generation.teachers import shutdowns
        from jobs.kinds import registry
        from review import ports as review_ports
        from review.db import immutability
        from training.runs import comparison

        for kind in (EvaluationKind(), StudyJobKind(), CellScoringKind(), RoundKind(), PaperKind()):
            registry.register_kind(kind)
        registry.register_consumer("evaluation-of-runs", frozenset({"training"}), start_evaluation.start_after_run)
        registry.register_consumer(
            "evaluation-after-teacher", frozenset({"generation"}), start_evaluation.continue_after_teacher
        )
        registry.register_consumer(
            "studies-after-cells", frozenset({"training", "study-cell"}), advance.on_cell_job_ended
        )
        registry.register_consumer(
            "rounds-after-steps", frozenset({"freeze", "training", "evaluation", "generation"}), rounds.on_step_ended
        )
        registry.register_consumer(
            "papers-after-parts",
            frozenset({"study", "evaluation", "download", "isolation", "freeze", "generation"}),
            papers.on_part_ended,
        )
        review_ports.erase_elsewhere.register(erasing.erase)
        review_ports.erase_elsewhere.register(open_arena.close_those_left_over)
        review_ports.lists_of_records.register(queries.naming_records)
        orders.may_see_writers.install(queries.may_see_texts)
        judges.facts_given.install(queries.facts_given)
        comparison.headlines.install(queries.headlines)
        shutdowns.teacher_comparison.install(worse_teachers.TeacherComparison)
        review_ports.desk_links.register(arena_queries.desk_links)
        immutability.declare(*immutable_rows.GUARDS)
