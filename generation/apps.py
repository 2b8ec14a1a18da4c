"""App config of generation."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class GenerationConfig(AppConfig):
    name = "generation"

    def ready(self) -> None:
        """Tell the rooms below what this one brings.

        Kinds of jobs, notes for data cards, who writes drafts again, a guard.

        Inside the room: what orders of a special purpose ask for.
        """
        from generation.claims import launch as claims
        from generation.diversity import judge_prompts
        from generation.judges import asked, chances
        from generation.judges import take_in as verdicts
        from generation.judges.acceptance import evidence
        from generation.kinds import CollectKind, GenerationKind, ResearchKind
        from generation.learning import advice_call, advice_prompt
        from generation.orders import batches, revise, run_spec, trial
        from generation.orders import queries as orders
        from generation.orders.purposes import SpecialPurpose, register_purpose
        from generation.orders.run_spec import KIND
        from generation.research import erasure
        from generation.selection import best, judge, reorder
        from generation.states import COLLECT, Purpose
        from generation.synthetic import launch as synthetic
        from generation.synthetic import take_in
        from generation.teachers import keys, seeds, terms
        from jobs.kinds import registry as job_ports
        from jobs.secrets import store
        from review import ports as review_ports
        from review.db import immutability

        store.keep_in(keys.TeacherKeys())
        job_ports.register_kind(GenerationKind())
        job_ports.register_kind(CollectKind())
        job_ports.register_kind(ResearchKind())
        job_ports.register_consumer("revisions", frozenset({KIND}), revise.on_job_ended)
        job_ports.register_consumer("variety", frozenset({KIND, COLLECT}), reorder.on_job_ended)
        job_ports.register_consumer("held-batches", frozenset({COLLECT}), batches.on_closing_job_ended)
        job_ports.register_consumer("proposals", frozenset({KIND}), advice_call.on_job_ended)
        job_ports.register_consumer("synthetic-records", frozenset({KIND}), take_in.on_job_ended)
        job_ports.register_consumer("judges-verdicts", frozenset({KIND}), verdicts.on_job_ended)
        register_purpose(Purpose.REVISION, SpecialPurpose(run_spec.revision_conversations))
        register_purpose(
            Purpose.JUDGING,
            SpecialPurpose(
                judge_prompts.conversations, lambda _: judge_prompts.judge_task(), asked_elsewhere=judge.chosen_already
            ),
        )
        register_purpose(
            Purpose.TEACHING, SpecialPurpose(advice_call.conversations, lambda _: advice_prompt.advice_task())
        )
        register_purpose(Purpose.TRIAL, SpecialPurpose(trial.conversations))
        register_purpose(
            Purpose.SYNTHETIC, SpecialPurpose(synthetic.conversations, synthetic.answer_task, has_records=False)
        )
        checks = SpecialPurpose(claims.conversations, claims.answer_task, False, claims.asked_elsewhere)
        register_purpose(Purpose.CLAIMS, checks)
        register_purpose(Purpose.RUBRIC, SpecialPurpose(asked.conversations, asked.answer_task, has_records=False))
        job_ports.withheld_names.install(orders.withheld_names)
        review_ports.card_notes.register(terms.card_notes)
        review_ports.erase_elsewhere.register(erasure.erase)
        review_ports.erase_elsewhere.register(verdicts.erase)
        review_ports.left_kept.register(best.put_choices_on_desk)
        review_ports.acceptance_chances.install(chances.of_drafts)
        review_ports.awaited_verdicts.install(evidence.awaited)
        review_ports.reviser.install(revise.TeacherReviser)
        review_ports.lists_of_records.register(orders.naming_records)
        review_ports.orders.install(orders.DraftOrders)
        why = "A correction never changes: correct the call once more."
        immutability.declare(immutability.Guard("generation_callcorrection", ("UPDATE", "DELETE"), "", why))
        post_migrate.connect(seeds.create_defaults, sender=self)
