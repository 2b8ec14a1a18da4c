"""API addresses of campaigns, under /api/v1/."""

from django.urls import path

from campaigns.answers import api as answers_api
from campaigns.contacts import api as contacts_api
from campaigns.experiments import api as experiments_api
from campaigns.mails import api as mails_api
from campaigns.outcomes import api as outcomes_api
from campaigns.overview import api as overview_api
from campaigns.pipelines import api as pipelines_api
from campaigns.replies import api as replies_api
from campaigns.replies import unmatched_api, webhook_api
from campaigns.senders import api as senders_api
from campaigns.suppression import api as suppression_api

urlpatterns = [
    path("campaigns/", overview_api.CampaignListView.as_view(), name="api-campaigns"),
    path("campaigns/<slug:slug>/", overview_api.CampaignView.as_view(), name="api-campaign"),
    path("campaigns/<slug:slug>/launch/", overview_api.LaunchView.as_view(), name="api-campaign-launch"),
    path("campaigns/<slug:slug>/pause/", overview_api.SteerView.as_view(verb="pause"), name="api-campaign-pause"),
    path("campaigns/<slug:slug>/resume/", overview_api.SteerView.as_view(verb="resume"), name="api-campaign-resume"),
    path("campaigns/<slug:slug>/release/", overview_api.SteerView.as_view(verb="release"), name="api-campaign-release"),
    path("campaigns/<slug:slug>/end/", overview_api.SteerView.as_view(verb="end"), name="api-campaign-end"),
    path("campaigns/<slug:slug>/lift/", overview_api.LiftView.as_view(), name="api-campaign-lift"),
    path("campaigns/<slug:slug>/write-again/", overview_api.WriteAgainView.as_view(), name="api-campaign-write-again"),
    path("campaigns/<slug:slug>/fixed-mails/", overview_api.FixedMailsView.as_view(), name="api-campaign-fixed"),
    path("campaigns/<slug:slug>/dry-run/", overview_api.DryRunView.as_view(), name="api-campaign-dry-run"),
    path("messages/", mails_api.MessageListView.as_view(), name="api-messages"),
    path("messages/<uuid:message_id>/", mails_api.MessageView.as_view(), name="api-message"),
    path("contacts/", contacts_api.ContactListView.as_view(), name="api-contacts"),
    path("contacts/<uuid:pk>/", contacts_api.ContactView.as_view(), name="api-contact"),
    path("suppressions/", suppression_api.SuppressionListView.as_view(), name="api-suppressions"),
    path("suppressions/lift/", suppression_api.SuppressionLiftView.as_view(), name="api-suppression-lift"),
    path("senders/", senders_api.SenderListView.as_view(), name="api-senders"),
    path("senders/<slug:slug>/", senders_api.SenderView.as_view(), name="api-sender"),
    path("senders/<slug:slug>/check-domain/", senders_api.SenderCheckView.as_view(), name="api-sender-check-domain"),
    path("experiments/", experiments_api.ExperimentListView.as_view(), name="api-experiments"),
    path("experiments/<slug:slug>/", experiments_api.ExperimentView.as_view(), name="api-experiment"),
    path(
        "experiments/<slug:slug>/registration/",
        experiments_api.ExperimentRegistrationView.as_view(),
        name="api-experiment-registration",
    ),
    path(
        "experiments/<slug:slug>/result/", experiments_api.ExperimentResultView.as_view(), name="api-experiment-result"
    ),
    path(
        "experiments/<slug:slug>/next-round/", experiments_api.NextRoundView.as_view(), name="api-experiment-next-round"
    ),
    path(
        "experiments/<slug:slug>/promote/", experiments_api.PromoteWinnerView.as_view(), name="api-experiment-promote"
    ),
    path(
        "experiments/<slug:slug>/contacts.csv",
        experiments_api.ExperimentContactsView.as_view(),
        name="api-experiment-contacts",
    ),
    path("experiments/<slug:slug>/looks/", experiments_api.ExperimentLooksView.as_view(), name="api-experiment-looks"),
    path("inbound/miniatures/", webhook_api.InboundView.as_view(), name="api-inbound"),
    path("inbound/<slug:provider>/<slug:kind>/", webhook_api.provider_webhook, name="api-inbound-provider"),
    path("replies/", replies_api.ReplyListView.as_view(), name="api-replies"),
    path("replies/unmatched/", unmatched_api.UnmatchedListView.as_view(), name="api-unmatched"),
    path(
        "replies/unmatched/<uuid:unmatched_id>/attach/",
        unmatched_api.AttachView.as_view(),
        name="api-unmatched-attach",
    ),
    path(
        "replies/unmatched/<uuid:unmatched_id>/set-aside/",
        unmatched_api.SetAsideView.as_view(),
        name="api-unmatched-set-aside",
    ),
    path("replies/<uuid:reply_id>/", replies_api.ReplyView.as_view(), name="api-reply"),
    path("answers/", answers_api.InboxAnswerListView.as_view(), name="api-answers"),
    path("campaigns/<slug:slug>/inbox/", answers_api.InboxSetupView.as_view(), name="api-inbox"),
    path("replies/<uuid:reply_id>/answer/", answers_api.InboxAnswerView.as_view(), name="api-answer"),
    path("replies/<uuid:reply_id>/answer/draft/", answers_api.InboxAnswerDraftView.as_view(), name="api-answer-draft"),
    path("replies/<uuid:reply_id>/answer/send/", answers_api.InboxAnswerSendView.as_view(), name="api-answer-send"),
    path(
        "replies/<uuid:reply_id>/answer/settle/", answers_api.InboxAnswerSettleView.as_view(), name="api-answer-settle"
    ),
    path("outcomes/", outcomes_api.OutcomeListView.as_view(), name="api-outcomes"),
    path("pipelines/", pipelines_api.PipelineListView.as_view(), name="api-pipelines"),
    path("pipelines/<slug:slug>/", pipelines_api.PipelineView.as_view(), name="api-pipeline"),
    path(
        "pipelines/<slug:slug>/versions/", pipelines_api.PipelineVersionListView.as_view(), name="api-pipeline-versions"
    ),
    path("pipelines/<slug:slug>/promote/", pipelines_api.PipelinePromoteView.as_view(), name="api-pipeline-promote"),
    path("pipelines/<slug:slug>/demote/", pipelines_api.PipelineDemoteView.as_view(), name="api-pipeline-demote"),
    path("stage-runs/", pipelines_api.StageRunListView.as_view(), name="api-stage-runs"),
]
