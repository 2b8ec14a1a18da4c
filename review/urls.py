"""Page addresses of review."""

from django.urls import path

from review.adjudication import pages as adjudication_pages
from review.adjudication.agreement import pages as agreement_pages
from review.adjudication.desk_settings import pages as desk_settings_pages
from review.adjudication.reviewers import pages as reviewers_pages
from review.adjudication.share_outs import pages as share_outs_pages
from review.bulk import list_pages
from review.bulk import pages as bulk_pages
from review.datasets import pages as datasets_pages
from review.datasets import version_pages
from review.datasets.recalls import pages as recalls_pages
from review.desk import pages as desk_pages
from review.desk.comments import pages as comments_pages
from review.desk.guidelines import pages as guidelines_pages
from review.desk.preferences import pages as preferences_pages
from review.desk.revisions import pages as revisions_pages
from review.sources import log_pages, row_pages, verdict_pages
from review.sources import pages as sources_pages
from review.tasks import pages as tasks_pages
from review.tasks.service_tokens import pages as service_tokens_pages

app_name = "review"
urlpatterns = [
    path("tasks/<slug:slug>/review/agreement/", agreement_pages.page, name="agreement"),
    path("tasks/<slug:slug>/review/reviewers/", reviewers_pages.index, name="reviewers"),
    path("tasks/<slug:slug>/review/reviewers/<str:username>/", reviewers_pages.detail, name="reviewer"),
    path("tasks/", tasks_pages.index, name="tasks"),
    path("tasks/new/", tasks_pages.new, name="new"),
    path("tasks/<slug:slug>/", tasks_pages.detail, name="task"),
    path("tasks/<slug:slug>/edit/", tasks_pages.edit, name="edit"),
    path("tasks/<slug:slug>/team/", tasks_pages.change_team, name="team"),
    path("tasks/<slug:slug>/service-tokens/", service_tokens_pages.index, name="service-tokens"),
    path(
        "tasks/<slug:slug>/service-tokens/<slug:key>/revoke/", service_tokens_pages.revoke, name="service-token-revoke"
    ),
    path("tasks/<slug:slug>/example/", tasks_pages.example, name="example"),
    path("tasks/<slug:slug>/versions/<int:number>/", tasks_pages.detail, name="version"),
    path("tasks/<slug:slug>/diff/<int:a>/<int:b>/", tasks_pages.diff, name="diff"),
    path("tasks/new/from-log/", log_pages.upload, name="from-log"),
    path("tasks/new/from-log/<slug:name>/", log_pages.found, name="from-log-found"),
    path("tasks/new/rows/", row_pages.bring, name="own-rows"),
    path("tasks/new/rows/<slug:name>/", row_pages.found, name="own-rows-found"),
    path("tasks/<slug:slug>/sources/", sources_pages.index, name="sources"),
    path("tasks/<slug:slug>/sources/import/", sources_pages.upload, name="import"),
    path("tasks/<slug:slug>/sources/sample/", sources_pages.sample, name="sample"),
    path("tasks/<slug:slug>/sources/claims/", sources_pages.claims, name="claim-records"),
    path("tasks/<slug:slug>/sources/judge/", sources_pages.judge, name="judge-records"),
    path("tasks/<slug:slug>/sources/import/<slug:name>/verdicts/", verdict_pages.columns, name="import-judged"),
    path("tasks/<slug:slug>/sources/import/<slug:name>/", sources_pages.columns, name="import-columns"),
    path("sources/<uuid:pk>/", sources_pages.detail, name="source"),
    path("tasks/<slug:slug>/review/", desk_pages.focus_page, name="focus"),
    path("tasks/<slug:slug>/review/drafts/<uuid:draft_id>/", desk_pages.draft_page, name="draft"),
    path("tasks/<slug:slug>/review/drafts/<uuid:draft_id>/comments/", comments_pages.write, name="comments"),
    path("review/drafts/<uuid:draft_id>/history/", comments_pages.history, name="history"),
    path("mentions/", comments_pages.mentions, name="mentions"),
    path("review/drafts/<uuid:draft_id>/text/", desk_pages.draft_text, name="draft-text"),
    path("tasks/<slug:slug>/review/decisions/", desk_pages.decisions_page, name="decisions"),
    path("tasks/<slug:slug>/review/decisions/reopen/", desk_pages.reopen, name="reopen"),
    path("tasks/<slug:slug>/review/late/", adjudication_pages.late, name="late"),
    path("tasks/<slug:slug>/review/disputed/", adjudication_pages.disputed, name="disputed"),
    path("tasks/<slug:slug>/review/drafts/<uuid:draft_id>/ruling/", adjudication_pages.act, name="ruling"),
    path("tasks/<slug:slug>/review/list/", list_pages.list_page, name="desk-list"),
    path("tasks/<slug:slug>/review/bulk/", bulk_pages.bulk_page, name="bulk"),
    path("tasks/<slug:slug>/review/bulk/<uuid:act_id>/undo/", bulk_pages.undo, name="bulk-undo"),
    path("tasks/<slug:slug>/review/alike/", list_pages.clusters_page, name="clusters"),
    path("tasks/<slug:slug>/review/alike/<uuid:draft_id>/", list_pages.similar_page, name="similar"),
    path("review/drafts/<uuid:draft_id>/approved/", list_pages.approved_page, name="approved"),
    path("tasks/<slug:slug>/review/choose/", preferences_pages.choose, name="choose"),
    path("review/drafts/<uuid:draft_id>/ask/", revisions_pages.ask, name="ask"),
    path("review/revisions/<uuid:request_id>/restore/", revisions_pages.restore, name="restore"),
    path("tasks/<slug:slug>/review/guidelines/", guidelines_pages.page, name="guidelines"),
    path("tasks/<slug:slug>/review/guidelines/<uuid:draft_id>/", guidelines_pages.show, name="show-example"),
    path("tasks/<slug:slug>/datasets/", datasets_pages.index, name="datasets"),
    path("tasks/<slug:slug>/review/drafts/<uuid:draft_id>/revoke/", version_pages.revoke, name="revoke"),
    path("tasks/<slug:slug>/recalls/", recalls_pages.index, name="recalls"),
    path("recalls/<uuid:recall_id>/", recalls_pages.detail, name="recall"),
    path("recalls/<uuid:recall_id>/undo/", recalls_pages.undo_page, name="recall-undo"),
    path("datasets/pull/snippets/", datasets_pages.snippets, name="export-snippets"),
    path("datasets/<slug:slug>/", datasets_pages.detail, name="dataset"),
    path("datasets/<slug:slug>/counts/", datasets_pages.counts, name="dataset-counts"),
    path("datasets/<slug:slug>/rows/", datasets_pages.rows, name="dataset-rows"),
    path("datasets/<slug:slug>/doubtful/", datasets_pages.doubtful_golds, name="dataset-doubtful"),
    path("datasets/<slug:slug>/freeze/", datasets_pages.freeze, name="dataset-freeze"),
    path("datasets/<slug:slug>/v/<int:number>/", version_pages.version, name="dataset-version"),
    path("datasets/<slug:slug>/v/<int:number>/export/", datasets_pages.version_export, name="dataset-export"),
    path("datasets/<slug:slug>/diff/", version_pages.compare, name="dataset-compare"),
    path("datasets/<slug:slug>/diff/<int:older>/<int:newer>/", version_pages.diff, name="dataset-diff"),
    path("tasks/<slug:slug>/review/settings/", desk_settings_pages.settings_page, name="desk-settings"),
    path("tasks/<slug:slug>/review/drafts/<uuid:draft_id>/known/", desk_settings_pages.know, name="known-answer"),
    path("tasks/<slug:slug>/share-out/", share_outs_pages.index, name="share-outs"),
    path("share-outs/<uuid:share_id>/undo/", share_outs_pages.undo_page, name="share-out-undo"),
]
