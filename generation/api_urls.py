"""API addresses of generation, under /api/v1/."""

from django.urls import path

from generation.calls import api as calls_api
from generation.judges import api as judges_api
from generation.judges.acceptance import api as acceptance_api
from generation.learning import api as learning_api
from generation.money import api as money_api
from generation.orders import api as orders_api
from generation.research import api as research_api
from generation.synthetic import api as synthetic_api
from generation.teachers import api as teachers_api

urlpatterns = [
    path("teachers/", teachers_api.TeacherListView.as_view(), name="api-teachers"),
    path("teachers/<slug:slug>/", teachers_api.TeacherView.as_view(), name="api-teacher"),
    path("teachers/<slug:slug>/key/", teachers_api.TeacherKeyView.as_view(), name="api-teacher-key"),
    path("prices/", money_api.PriceListView.as_view(), name="api-prices"),
    path("prices/import/", money_api.PriceImportView.as_view(), name="api-prices-import"),
    path("prices/<int:price_id>/", money_api.PriceView.as_view(), name="api-price"),
    path("ledger/", money_api.LedgerView.as_view(), name="api-ledger"),
    path("ledger/csv/", money_api.LedgerCsvView.as_view(), name="api-ledger-csv"),
    path("budgets/", money_api.BudgetListView.as_view(), name="api-budgets"),
    path("budgets/<uuid:budget_id>/", money_api.BudgetView.as_view(), name="api-budget"),
    path("orders/", orders_api.OrderListView.as_view(), name="api-orders"),
    path("orders/estimate/", orders_api.EstimateView.as_view(), name="api-order-estimate"),
    path("orders/<uuid:order_id>/", orders_api.OrderView.as_view(), name="api-order"),
    path("orders/<uuid:order_id>/calls/", orders_api.CallListView.as_view(), name="api-order-calls"),
    path(
        "orders/<uuid:order_id>/calls/<uuid:call_id>/cost/",
        calls_api.CorrectCallView.as_view(),
        name="api-order-call-cost",
    ),
    path("orders/<uuid:order_id>/diversity/", orders_api.OrderDiversityView.as_view(), name="api-order-diversity"),
    path("orders/<uuid:order_id>/judgings/", judges_api.OrderJudgingsView.as_view(), name="api-order-judgings"),
    path(
        "orders/<uuid:order_id>/judgings/price/",
        judges_api.OrderJudgingPriceView.as_view(),
        name="api-order-judging-price",
    ),
    path("judgings/<uuid:judging_id>/pairs/", judges_api.ComparedPairsView.as_view(), name="api-compared-pairs"),
    path("tasks/<slug:slug>/judgings/", judges_api.DeskJudgingsView.as_view(), name="api-desk-judgings"),
    path(
        "tasks/<slug:slug>/judgings/price/",
        judges_api.DeskJudgingPriceView.as_view(),
        name="api-desk-judging-price",
    ),
    path("tasks/<slug:slug>/acceptance/", acceptance_api.AcceptanceView.as_view(), name="api-acceptance"),
    path("tasks/<slug:slug>/acceptance/end/", acceptance_api.AcceptanceEndView.as_view(), name="api-acceptance-end"),
    path("judgings/<uuid:judging_id>/", judges_api.JudgingView.as_view(), name="api-judging"),
    path("judgings/<uuid:judging_id>/texts/", judges_api.JudgedTextsView.as_view(), name="api-judged-texts"),
    path("tasks/<slug:slug>/research/", research_api.ResearchListView.as_view(), name="api-research-orders"),
    path("research/<uuid:research_id>/", research_api.ResearchView.as_view(), name="api-research"),
    path("records/<uuid:record_id>/pages/", research_api.RecordPagesView.as_view(), name="api-record-pages"),
    path(
        "tasks/<slug:slug>/synthetic-records/",
        synthetic_api.SyntheticListView.as_view(),
        name="api-synthetic-orders",
    ),
    path(
        "tasks/<slug:slug>/synthetic-records/price/",
        synthetic_api.SyntheticPriceView.as_view(),
        name="api-synthetic-price",
    ),
    path("synthetic-records/<uuid:synthesis_id>/", synthetic_api.SyntheticView.as_view(), name="api-synthetic"),
    path(
        "synthetic-records/<uuid:synthesis_id>/take-in/",
        synthetic_api.SyntheticTakeInView.as_view(),
        name="api-synthetic-take-in",
    ),
    path("tasks/<slug:slug>/proposals/", learning_api.ProposalListView.as_view(), name="api-proposals"),
    path("proposals/<uuid:proposal_id>/", learning_api.ProposalView.as_view(), name="api-proposal"),
    path("proposals/<uuid:proposal_id>/accept/", learning_api.AcceptProposalView.as_view(), name="api-proposal-accept"),
    path("proposals/<uuid:proposal_id>/rebase/", learning_api.RebaseProposalView.as_view(), name="api-proposal-rebase"),
    path(
        "proposals/<uuid:proposal_id>/dismiss/", learning_api.DismissProposalView.as_view(), name="api-proposal-dismiss"
    ),
    path("orders/<uuid:order_id>/settle/", calls_api.SettleCallsView.as_view(), name="api-order-settle"),
]
