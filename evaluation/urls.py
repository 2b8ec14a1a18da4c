"""Page addresses of evaluation."""

from django.urls import path

from evaluation.arena import pages as arena_pages
from evaluation.evaluations import pages
from evaluation.gates import pages as gates_pages
from evaluation.guessing import pages as guessing_pages
from evaluation.judging import pages as judging_pages
from evaluation.paper import pages as paper_pages
from evaluation.rounds import pages as rounds_pages
from evaluation.studies import pages as studies_pages

app_name = "evaluation"
urlpatterns = [
    path("tasks/<slug:slug>/evaluation/", pages.index, name="list"),
    path("evaluations/<uuid:evaluation_id>/", pages.detail, name="detail"),
    path("tasks/<slug:slug>/train/", rounds_pages.page, name="round"),
    path("tasks/<slug:slug>/evaluation/gate/", gates_pages.gate, name="gate"),
    path("tasks/<slug:slug>/evaluation/suites/", gates_pages.freeze, name="freeze-suite"),
    path("evaluations/<uuid:evaluation_id>/guess/", guessing_pages.guess, name="guess"),
    path("evaluations/<uuid:evaluation_id>/slices/", gates_pages.slices, name="slices"),
    path("evaluations/<uuid:evaluation_id>/judge/", judging_pages.judge, name="judge"),
    path("evaluations/<uuid:evaluation_id>/judge/price/", judging_pages.price, name="judge-price"),
    path("evaluations/<uuid:evaluation_id>/compare/", judging_pages.compare, name="compare"),
    path("evaluations/<uuid:evaluation_id>/compare/price/", judging_pages.compare_price, name="compare-price"),
    path("evaluations/of-run/<uuid:run_id>/start/", pages.start, name="start"),
    path("evaluations/of-run/<uuid:run_id>/open-test-split/", pages.open_test, name="open-test-split"),
    path("evaluations/of-run/<uuid:run_id>/card/", pages.card, name="card"),
    path("tasks/<slug:slug>/arenas/", arena_pages.index, name="arenas"),
    path("evaluations/<uuid:evaluation_id>/arena/", arena_pages.new, name="arena-new"),
    path("evaluations/of-run/<uuid:run_id>/compare-blind/", arena_pages.compare_blind, name="compare-blind"),
    path("arenas/<uuid:arena_id>/", arena_pages.detail, name="arena"),
    path("arenas/<uuid:arena_id>/close/", arena_pages.close, name="arena-close"),
    path("arenas/<uuid:arena_id>/vote/", arena_pages.vote, name="arena-vote"),
    path("tasks/<slug:slug>/studies/", studies_pages.index, name="studies"),
    path("tasks/<slug:slug>/studies/paper/", paper_pages.paper, name="study-paper"),
    path("tasks/<slug:slug>/studies/paper/reproduce/", paper_pages.order, name="paper-order"),
    path("tasks/<slug:slug>/studies/paper/report.<slug:suffix>", paper_pages.report_file, name="paper-report"),
    path("tasks/<slug:slug>/studies/estimate/", studies_pages.estimate, name="study-estimate"),
    path("studies/<uuid:study_id>/", studies_pages.study, name="study"),
    path("studies/<uuid:study_id>/progress/", studies_pages.progress, name="study-progress"),
    path("studies/<uuid:study_id>/cells.csv", studies_pages.cells_csv, name="study-cells"),
    path("studies/<uuid:study_id>/record.json", studies_pages.record_json, name="study-record"),
]
