"""Answers to replies, the tasks that help with them, and the records that were made of replies."""

import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("campaigns", "0009_holdout_and_rounds"),
        ("generation", "0009_trained_judges"),
        ("review", "0011_judge_tasks"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterField(
            model_name="writeorder",
            name="branch",
            field=models.CharField(blank=True, db_default="", default="", max_length=40),
        ),
        migrations.CreateModel(
            name="InboxSetup",
            fields=[
                (
                    "campaign",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="inbox_setup",
                        serialize=False,
                        to="campaigns.campaign",
                    ),
                ),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "answer_task",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="review.task",
                    ),
                ),
                (
                    "answer_teacher",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="generation.teacher",
                    ),
                ),
                (
                    "sorting_task",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="review.task",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="ReplyRecord",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "record",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="review.record"
                    ),
                ),
                (
                    "reply",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="records", to="campaigns.reply"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="InboxAnswer",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("open", "Being written"),
                            ("approved", "About to be sent"),
                            ("sending", "Being sent"),
                            ("sent", "Sent"),
                            ("unknown", "Outcome unknown"),
                            ("failed", "Failed"),
                            ("stopped", "Stopped"),
                        ],
                        default="open",
                        max_length=10,
                    ),
                ),
                (
                    "stop_reason",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("suppressed", "On the suppression list"),
                            ("replied", "The contact replied"),
                            ("bounced", "An earlier mail bounced"),
                            ("unsubscribed", "The contact unsubscribed"),
                            ("complained", "The contact complained"),
                            ("meeting", "A meeting was made"),
                            ("objected", "Opt-out, read from a reply"),
                            ("condition", "The condition of its step holds no more"),
                            ("erased", "The person was erased"),
                            ("ended", "The campaign ended"),
                            ("unqualified", "A stage did not let it pass"),
                        ],
                        max_length=12,
                    ),
                ),
                ("problem", models.CharField(blank=True, max_length=300)),
                ("body", models.TextField(blank=True)),
                ("subject", models.CharField(blank=True, max_length=300)),
                ("text", models.TextField(blank=True)),
                ("revision", models.PositiveIntegerField(default=0)),
                ("ordered_at_revision", models.PositiveIntegerField(default=0)),
                ("message_id", models.CharField(blank=True, max_length=200)),
                ("tries", models.PositiveSmallIntegerField(default=0)),
                ("sending_at", models.DateTimeField(blank=True, null=True)),
                ("sender_job", models.UUIDField(blank=True, null=True)),
                ("sender_fence", models.PositiveIntegerField(default=0)),
                ("sent_at", models.DateTimeField(blank=True, null=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "approved_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "draft",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="review.draft",
                    ),
                ),
                (
                    "order",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="generation.order",
                    ),
                ),
                (
                    "reply",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="answers", to="campaigns.reply"
                    ),
                ),
                (
                    "written_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["-created_at", "-id"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state__in", ("open", "approved", "sending", "unknown"))),
                        fields=("reply",),
                        name="one_open_answer",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("message_id", ""), _negated=True),
                        fields=("message_id",),
                        name="answer_message_id_once",
                    ),
                ],
            },
        ),
    ]
