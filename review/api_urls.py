"""API addresses of review, under /api/v1/."""

from django.urls import path

from review.adjudication import api as adjudication_api
from review.adjudication.agreement import api as agreement_api
from review.adjudication.desk_settings import api as desk_settings_api
from review.adjudication.known_answers import api as known_answers_api
from review.adjudication.share_outs import api as share_outs_api
from review.bulk import api as bulk_api
from review.datasets import api as datasets_api
from review.datasets import rows_api, selection_api
from review.datasets.recalls import api as recalls_api
from review.desk import api as desk_api
from review.desk.comments import api as comments_api
from review.desk.preferences import api as preferences_api
from review.desk.revisions import api as revisions_api
from review.drafts import api as drafts_api
from review.sources import api as sources_api
from review.tasks import api as tasks_api
from review.tasks.service_tokens import api as service_tokens_api

urlpatterns = [
    path("drafts/", drafts_api.DraftsView.as_view(), name="api-drafts"),
    path("drafts/<uuid:draft_id>/", drafts_api.DraftView.as_view(), name="api-draft"),
    path("drafts/<uuid:draft_id>/decisions/", desk_api.DecisionsView.as_view(), name="api-decisions"),
    path("drafts/<uuid:draft_id>/set-aside/", desk_api.SetAsideView.as_view(), name="api-set-aside"),
    path("drafts/<uuid:draft_id>/hold/", desk_api.HoldView.as_view(), name="api-hold"),
    path("drafts/<uuid:draft_id>/check/", desk_api.CheckView.as_view(), name="api-check"),
    path("drafts/<uuid:draft_id>/unfinished/", desk_api.UnfinishedView.as_view(), name="api-unfinished"),
    path("drafts/<uuid:draft_id>/comments/", comments_api.CommentsView.as_view(), name="api-comments"),
    path("comments/<uuid:comment_id>/", comments_api.CommentView.as_view(), name="api-comment"),
    path("mentions/", comments_api.MentionsView.as_view(), name="api-mentions"),
    path("mentions/read/", comments_api.MentionsReadView.as_view(), name="api-mentions-read"),
    path("desk/keys/", desk_api.KeysView.as_view(), name="api-desk-keys"),
    path("desk/release/", desk_api.ReleaseView.as_view(), name="api-release"),
    path("desk/<slug:task_slug>/deck/", desk_api.DeckView.as_view(), name="api-deck"),
    path("tasks/<slug:slug>/agreement/", agreement_api.AgreementView.as_view(), name="api-agreement"),
    path("tasks/<slug:slug>/reviewers/", agreement_api.ReviewersView.as_view(), name="api-reviewers"),
    path("tasks/<slug:slug>/reviewers/<str:username>/", agreement_api.ReviewerView.as_view(), name="api-reviewer"),
    path("tasks/", tasks_api.TasksView.as_view(), name="api-tasks"),
    path("tasks/<slug:slug>/", tasks_api.TaskView.as_view(), name="api-task"),
    path("tasks/<slug:slug>/versions/", tasks_api.VersionsView.as_view(), name="api-task-versions"),
    path("tasks/<slug:slug>/versions/<int:number>/", tasks_api.VersionView.as_view(), name="api-task-version"),
    path("tasks/<slug:slug>/team/", tasks_api.TeamView.as_view(), name="api-task-team"),
    path("tasks/<slug:slug>/team/<str:username>/", tasks_api.TeamMemberView.as_view(), name="api-task-team-member"),
    path(
        "tasks/<slug:slug>/service-tokens/", service_tokens_api.ServiceTokensView.as_view(), name="api-service-tokens"
    ),
    path(
        "tasks/<slug:slug>/service-tokens/<slug:key>/",
        service_tokens_api.ServiceTokenView.as_view(),
        name="api-service-token",
    ),
    path("sources/", sources_api.SourcesView.as_view(), name="api-sources"),
    path("sources/<uuid:pk>/", sources_api.SourceView.as_view(), name="api-source"),
    path("records/", sources_api.RecordsView.as_view(), name="api-records"),
    path("records/<uuid:pk>/", sources_api.RecordView.as_view(), name="api-record"),
    path("drafts/<uuid:draft_id>/dispute/", adjudication_api.DisputeView.as_view(), name="api-dispute"),
    path("drafts/<uuid:draft_id>/settle/", adjudication_api.SettleView.as_view(), name="api-settle"),
    path("drafts/<uuid:draft_id>/reopen/", adjudication_api.ReopenView.as_view(), name="api-reopen"),
    path(
        "drafts/<uuid:draft_id>/second-opinion/",
        adjudication_api.SecondOpinionView.as_view(),
        name="api-second-opinion",
    ),
    path("decisions/<uuid:decision_id>/adopt/", adjudication_api.AdoptView.as_view(), name="api-adopt"),
    path("decisions/<uuid:decision_id>/leave/", adjudication_api.LeaveView.as_view(), name="api-leave"),
    path("tasks/<slug:slug>/late-decisions/", adjudication_api.LateDecisionsView.as_view(), name="api-late-decisions"),
    path(
        "desk/<slug:slug>/preferences/next/", preferences_api.NextPreferenceView.as_view(), name="api-next-preference"
    ),
    path("tasks/<slug:slug>/preferences/", preferences_api.PreferencesView.as_view(), name="api-preferences"),
    path("drafts/<uuid:draft_id>/writers/", revisions_api.WritersView.as_view(), name="api-writers"),
    path("drafts/<uuid:draft_id>/revisions/", revisions_api.AskView.as_view(), name="api-ask"),
    path("desk/<slug:slug>/revisions/", revisions_api.OnTheirWayView.as_view(), name="api-revisions"),
    path("revisions/<uuid:request_id>/", revisions_api.RevisionView.as_view(), name="api-revision"),
    path("revisions/<uuid:request_id>/restore/", revisions_api.RestoreView.as_view(), name="api-restore"),
    path("tasks/<slug:slug>/bulk/preview/", bulk_api.PreviewView.as_view(), name="api-bulk-preview"),
    path("tasks/<slug:slug>/bulk/", bulk_api.BulkView.as_view(), name="api-bulk"),
    path("bulk/<uuid:act_id>/undo/", bulk_api.UndoView.as_view(), name="api-bulk-undo"),
    path("drafts/<uuid:draft_id>/similar/", bulk_api.SimilarView.as_view(), name="api-similar"),
    path("drafts/<uuid:draft_id>/repeated/", bulk_api.RepeatedView.as_view(), name="api-repeated"),
    path("datasets/", datasets_api.DatasetsView.as_view(), name="api-datasets"),
    path("datasets/<slug:slug>/", datasets_api.DatasetView.as_view(), name="api-dataset"),
    path("datasets/<slug:slug>/versions/", datasets_api.DatasetVersionsView.as_view(), name="api-dataset-versions"),
    path("datasets/<slug:slug>/preview/", selection_api.SelectionPreviewView.as_view(), name="api-dataset-preview"),
    path("datasets/<slug:slug>/doubtful/", selection_api.DoubtfulGoldsView.as_view(), name="api-dataset-doubtful"),
    path("drafts/<uuid:draft_id>/revocation/", selection_api.RevocationView.as_view(), name="api-revocation"),
    path("tasks/<slug:slug>/recalls/preview/", recalls_api.RecallPreviewView.as_view(), name="api-recall-preview"),
    path("tasks/<slug:slug>/recalls/", recalls_api.RecallsView.as_view(), name="api-recalls"),
    path("recalls/<uuid:recall_id>/", recalls_api.RecallView.as_view(), name="api-recall"),
    path("recalls/<uuid:recall_id>/undo/", recalls_api.RecallUndoView.as_view(), name="api-recall-undo"),
    path(
        "dataset-versions/<uuid:version_id>/diff/<uuid:other_id>/",
        selection_api.VersionDiffView.as_view(),
        name="api-version-diff",
    ),
    path("dataset-versions/raw.schema.json", rows_api.RawSchemaView.as_view(), name="api-raw-schema"),
    path("dataset-versions/<uuid:version_id>/", datasets_api.DatasetVersionView.as_view(), name="api-dataset-version"),
    path("dataset-versions/<uuid:version_id>/rows.jsonl", rows_api.RowsJsonlView.as_view(), name="api-rows"),
    path(
        "dataset-versions/<uuid:version_id>/rows.parquet", rows_api.RowsParquetView.as_view(), name="api-rows-parquet"
    ),
    path("dataset-versions/<uuid:version_id>/rows/", rows_api.RowsView.as_view(), name="api-rows-page"),
    path("tasks/<slug:slug>/desk-settings/", desk_settings_api.DeskSettingsView.as_view(), name="api-desk-settings"),
    path("tasks/<slug:slug>/assigned-cards/", desk_settings_api.AssignedCardsView.as_view(), name="api-assigned-cards"),
    path(
        "tasks/<slug:slug>/assigned-cards/<str:username>/",
        desk_settings_api.AssignedCardsOfView.as_view(),
        name="api-assigned-cards-of",
    ),
    path("tasks/<slug:slug>/known-answers/", known_answers_api.KnownAnswersView.as_view(), name="api-known-answers"),
    path("known-answers/<uuid:known_id>/", known_answers_api.KnownAnswerView.as_view(), name="api-known-answer"),
    path("drafts/<uuid:draft_id>/send-back/", adjudication_api.SendBackView.as_view(), name="api-send-back"),
    path("tasks/<slug:slug>/share-outs/", share_outs_api.ShareOutsView.as_view(), name="api-share-outs"),
    path(
        "tasks/<slug:slug>/share-outs/preview/", share_outs_api.SharePreviewView.as_view(), name="api-share-out-preview"
    ),
    path("share-outs/<uuid:share_id>/undo/", share_outs_api.ShareOutUndoView.as_view(), name="api-share-out-undo"),
]
