"""Rows of the campaigns room."""

from campaigns.models.campaigns import (
    Arm,
    Campaign,
    Enrolment,
    FurtherSender,
    GuardrailTrip,
    Link,
    SenderIdentity,
    Step,
)
from campaigns.models.contacts import Contact, ContactImport, Suppression, SuppressionLift
from campaigns.models.events import Event, HoldoutOutcome, InboxAnswer, InboxSetup, Reply, ReplyRecord, UnmatchedReply
from campaigns.models.experiments import Experiment, Look
from campaigns.models.messages import Message, WriteOrder
from campaigns.models.pipelines import (
    Pipeline,
    PipelinePromotion,
    PipelineVersion,
    Stage,
    StageOrder,
    StageRoute,
    StageRun,
)

__all__ = [
    "Arm",
    "Campaign",
    "Contact",
    "ContactImport",
    "Enrolment",
    "Event",
    "Experiment",
    "FurtherSender",
    "GuardrailTrip",
    "HoldoutOutcome",
    "InboxAnswer",
    "InboxSetup",
    "Link",
    "Look",
    "Message",
    "Pipeline",
    "PipelinePromotion",
    "PipelineVersion",
    "Reply",
    "ReplyRecord",
    "SenderIdentity",
    "Stage",
    "StageOrder",
    "StageRoute",
    "StageRun",
    "Step",
    "Suppression",
    "SuppressionLift",
    "UnmatchedReply",
    "WriteOrder",
]
