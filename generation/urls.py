"""Page addresses of generation."""

from django.urls import path

from generation.calls import pages as calls_pages
from generation.judges import pages as judges_pages
from generation.judges.acceptance import pages as acceptance_pages
from generation.learning import pages as learning_pages
from generation.money import pages as money_pages
from generation.orders import pages as orders_pages
from generation.research import pages as research_pages
from generation.synthetic import pages as synthetic_pages
from generation.teachers import pages as teachers_pages

app_name = "generation"
urlpatterns = [
    path("tasks/<slug:slug>/generation/", orders_pages.order_list, name="list"),
    path("tasks/<slug:slug>/generation/estimate/", orders_pages.quote, name="estimate"),
    path("generation/<uuid:order_id>/", orders_pages.order_page, name="detail"),
    path("generation/<uuid:order_id>/diversity/", orders_pages.order_diversity, name="diversity"),
    path("generation/<uuid:order_id>/judge/", judges_pages.of_order, name="judge-order"),
    path("generation/<uuid:order_id>/judge/price/", judges_pages.price_of_order, name="judge-order-price"),
    path("tasks/<slug:slug>/judge/", judges_pages.of_desk, name="judge-desk"),
    path("tasks/<slug:slug>/judge/price/", judges_pages.price_of_desk, name="judge-desk-price"),
    path("tasks/<slug:slug>/acceptance/", acceptance_pages.acceptance, name="acceptance"),
    path("judgings/<uuid:judging_id>/", judges_pages.judging_page, name="judging"),
    path("tasks/<slug:slug>/learn/", learning_pages.learn, name="learn"),
    path("tasks/<slug:slug>/learn/price/", learning_pages.price, name="learn-price"),
    path("proposals/<uuid:proposal_id>/", learning_pages.proposal, name="proposal"),
    path("generation/<uuid:order_id>/settle/", calls_pages.settle_calls, name="settle"),
    path("generation/<uuid:order_id>/correct/", calls_pages.correct_call, name="correct"),
    path("tasks/<slug:slug>/research/", research_pages.research_list, name="research-list"),
    path("research/<uuid:research_id>/", research_pages.research_page, name="research"),
    path("records/<uuid:record_id>/pages/", research_pages.record_pages, name="record-pages"),
    path("tasks/<slug:slug>/synthetic-records/", synthetic_pages.synthetic_list, name="synthetic-list"),
    path("tasks/<slug:slug>/synthetic-records/price/", synthetic_pages.price, name="synthetic-price"),
    path("synthetic-records/<uuid:synthesis_id>/", synthetic_pages.synthetic_page, name="synthetic"),
    path(
        "synthetic-records/<uuid:synthesis_id>/take-in/",
        synthetic_pages.take_in_again,
        name="synthetic-take-in",
    ),
    path("ledger/", money_pages.ledger_page, name="ledger"),
    path("ledger/csv/", money_pages.ledger_csv, name="ledger-csv"),
    path("budgets/", money_pages.budget_list, name="budgets"),
    path("tasks/<slug:slug>/budgets/", money_pages.budget_list, name="task-budgets"),
    path("budgets/<uuid:budget_id>/remove/", money_pages.remove_budget, name="budget-remove"),
    path("teachers/", teachers_pages.teacher_list, name="teachers"),
    path("teachers/new/", teachers_pages.edit_teacher, name="teacher-new"),
    path("teachers/models/", teachers_pages.offered_models, name="teacher-models"),
    path("teachers/prices/", money_pages.price_list, name="prices"),
    path("teachers/prices/import/", money_pages.import_prices, name="prices-import"),
    path("teachers/prices/<int:price_id>/remove/", money_pages.remove_price, name="price-remove"),
    path("teachers/<slug:slug>/edit/", teachers_pages.edit_teacher, name="teacher-edit"),
    path("teachers/<slug:slug>/test/", orders_pages.teacher_test, name="teacher-test"),
    path("teachers/<slug:slug>/key/remove/", teachers_pages.remove_key, name="teacher-key-remove"),
]
