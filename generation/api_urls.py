"""API addresses of generation, under /api/v1/."""

from django.urls import path

from generation.api import budgets, ledger, orders, proposals, research, teachers, variety

urlpatterns = [
    path("teachers/", teachers.Teachers.as_view(), name="api-teachers"),
    path("teachers/<slug:slug>/", teachers.TeacherDetail.as_view(), name="api-teacher"),
    path("prices/", teachers.Prices.as_view(), name="api-prices"),
    path("ledger/", ledger.Ledger.as_view(), name="api-ledger"),
    path("ledger/csv/", ledger.LedgerCsv.as_view(), name="api-ledger-csv"),
    path("budgets/", budgets.Budgets.as_view(), name="api-budgets"),
    path("budgets/<uuid:budget_id>/", budgets.BudgetDetail.as_view(), name="api-budget"),
    path("orders/", orders.Orders.as_view(), name="api-orders"),
    path("orders/estimate/", orders.Estimate.as_view(), name="api-order-estimate"),
    path("orders/<uuid:order_id>/", orders.OrderDetail.as_view(), name="api-order"),
    path("orders/<uuid:order_id>/calls/", orders.Calls.as_view(), name="api-order-calls"),
    path(
        "orders/<uuid:order_id>/calls/<uuid:call_id>/cost/",
        orders.Correct.as_view(),
        name="api-order-call-cost",
    ),
    path("orders/<uuid:order_id>/diversity/", variety.OrderDiversity.as_view(), name="api-order-diversity"),
    path("tasks/<slug:slug>/research/", research.ResearchOrders.as_view(), name="api-research-orders"),
    path("research/<uuid:research_id>/", research.ResearchOrder.as_view(), name="api-research"),
    path("records/<uuid:record_id>/pages/", research.RecordPages.as_view(), name="api-record-pages"),
    path("tasks/<slug:slug>/proposals/", proposals.Proposals.as_view(), name="api-proposals"),
    path("proposals/<uuid:proposal_id>/", proposals.Proposal.as_view(), name="api-proposal"),
    path("proposals/<uuid:proposal_id>/accept/", proposals.Accept.as_view(), name="api-proposal-accept"),
    path("proposals/<uuid:proposal_id>/rebase/", proposals.Rebase.as_view(), name="api-proposal-rebase"),
    path("proposals/<uuid:proposal_id>/dismiss/", proposals.Dismiss.as_view(), name="api-proposal-dismiss"),
    path("orders/<uuid:order_id>/settle/", orders.Settle.as_view(), name="api-order-settle"),
]
