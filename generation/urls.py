"""Page addresses of generation."""

from django.urls import path

from generation import views

app_name = "generation"
urlpatterns = [
    path("tasks/<slug:slug>/generation/", views.orders.index, name="list"),
    path("tasks/<slug:slug>/generation/estimate/", views.orders.quote, name="estimate"),
    path("generation/<uuid:order_id>/", views.orders.detail, name="detail"),
    path("generation/<uuid:order_id>/diversity/", views.variety.diversity, name="diversity"),
    path("tasks/<slug:slug>/learn/", views.learning.learn, name="learn"),
    path("tasks/<slug:slug>/learn/price/", views.learning.price, name="learn-price"),
    path("proposals/<uuid:proposal_id>/", views.learning.proposal, name="proposal"),
    path("generation/<uuid:order_id>/settle/", views.orders.settle, name="settle"),
    path("generation/<uuid:order_id>/correct/", views.orders.correct, name="correct"),
    path("tasks/<slug:slug>/research/", views.research.index, name="research-list"),
    path("research/<uuid:research_id>/", views.research.detail, name="research"),
    path("records/<uuid:record_id>/pages/", views.research.record_pages, name="record-pages"),
    path("ledger/", views.ledger.index, name="ledger"),
    path("ledger/csv/", views.ledger.csv_file, name="ledger-csv"),
    path("budgets/", views.budgets.index, name="budgets"),
    path("tasks/<slug:slug>/budgets/", views.budgets.index, name="task-budgets"),
    path("budgets/<uuid:budget_id>/remove/", views.budgets.remove, name="budget-remove"),
    path("teachers/", views.teachers.index, name="teachers"),
    path("teachers/new/", views.teachers.edit, name="teacher-new"),
    path("teachers/prices/", views.prices.index, name="prices"),
    path("teachers/prices/<int:price_id>/remove/", views.prices.remove, name="price-remove"),
    path("teachers/<slug:slug>/edit/", views.teachers.edit, name="teacher-edit"),
]
