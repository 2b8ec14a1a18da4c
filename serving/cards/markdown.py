"""A miniature card as Markdown: what is downloaded, and what the page draws."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from evaluation.evaluations import tables
from serving.cards.card import MiniatureCard, SplitScores
from serving.cards.costs import BreakEvenLine, CardFigure, RunningCosts
from web.templatetags.figures import fixed, money

NOT_RECORDED, NOT_MEASURED, NOT_STATED = "*not recorded*", "*not measured*", "*not stated*"
NO_PRICE = "*no host price entered*"
Row = Sequence[object]


def markdown(card: MiniatureCard) -> str:
    """Write a card; the same card gives the same text."""
    parts = [
        f"# {_flat(card.miniature['name'])}",
        _table(["Miniature", "Value"], _head(card)),
        "## Lineage",
        _table(["Link", "Value"], _lineage(card.lineage)),
        "## Data",
        _table(["Data", "Value"], _data(card.data)),
        "## Recipe",
        _table(["Setting", "Value"], _recipe(card.recipe)),
        "## Environment",
        _table(["Environment", "Value"], _environment(card.environment)) if card.environment else NOT_RECORDED,
        "## Scores",
        "\n".join(_openings(card.openings)),
        *(part for scores in card.scores for part in _scores(scores)),
        *([] if card.scores else [NOT_MEASURED]),
        "## Costs",
        _table(["Cost", "US dollars"], _costs(card.costs)),
        "## Break-even",
        *_break_even(card.break_even),
        "## Limits",
        "\n".join(f"- {_flat(sentence)}" for sentence in card.limits),
        "## Licence",
        _table(["Of", "Licence"], _licence(card.licence)),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def front_matter(card: MiniatureCard, *, export: str = "") -> str:
    """Head of the card for hubs and PEFT: its base by hub id and commit.

    A hub refuses a base that is none of its ids, so one from a folder is named in the text alone.

    Args:
        export: Format of the weights beside the card; empty for those that the run left.
    """
    base, is_adapter = card.lineage["student"], card.miniature["method"] == "lora" and not export
    whole = "gguf" if export.startswith("gguf") else "transformers"
    values = {
        "base_model": base["hub_id"],
        "base_model_revision": base["revision"],
        "base_model_relation": base["hub_id"] and ("adapter" if is_adapter else "finetune"),
        "library_name": "peft" if is_adapter else whole,
        "tags": ["miniatures"],
    }
    # JSON is YAML too, and needs no rules for quotes.
    lines = [f"{name}: {json.dumps(value, ensure_ascii=False)}" for name, value in values.items() if value]
    return "\n".join(["---", *lines, "---", ""])


def _head(card: MiniatureCard) -> Iterator[Row]:
    made = card.miniature
    yield "Name", f"`{made['slug']}`"
    yield "Method", made["method"]
    yield "Made", made["made_at"][:10]
    yield "Hash", f"`{made['manifest_sha256']}`"


def _lineage(links: Mapping[str, Any]) -> Iterator[Row]:
    yield "Task", links["task"]["name"]
    for version in links["task_versions"]:
        yield f"Task version {version['number']}", f"{version['rows']:,} rows, `{version['content_hash']}`"
    version = links["dataset_version"]
    yield "Dataset", f"{version['name']} v{version['number']}, `{version['content_hash']}`"
    for teacher in links["teachers"]:
        name = " ".join(filter(None, (teacher["teacher"] or teacher["origin"], teacher["provenance"])))
        yield "Drafts by", f"{name}: {teacher['rows']:,} rows"
    for order in links["orders"]:
        yield "Order", f"{order['title']}: {order['rows']:,} rows"
    decisions = ", ".join(f"{n:,} {verdict}" for verdict, n in sorted(links["decisions"].items()))
    yield "Decisions", f"{decisions}; by {links['reviewers']:,} reviewer{'' if links['reviewers'] == 1 else 's'}"
    student = links["student"]
    pinned = student["revision"] or student["manifest_sha256"]
    yield "Base", f"{student['name']}{f', `{pinned}`' if pinned else ''}"
    if start := links["starts_from"]:
        yield "Starts from", f"{start['name']}, `{start['manifest_sha256']}`"
    if links["teacher"]:
        yield "Distilled from", links["teacher"]["name"]
    yield "Run", f"Run {links['run']['number']}, objective {links['run']['objective']}"


def _data(data: Mapping[str, Any]) -> Iterator[Row]:
    yield "Frozen", data["frozen_at"][:10] if data["frozen_at"] else NOT_RECORDED
    yield "Rows", _count(data["rows"])
    yield data["group_nouns"].capitalize(), _count(data["groups"])
    for name in ("splits", "verdicts", "origins"):
        yield name.capitalize(), _counts(data[name])
    if data["sample"]:
        yield "Learnt from a part", f"{data['sample'].get('rows', data['sample'].get('records')):,} rows"
    agreement = data["agreement"] or {}
    is_told = agreement.get("alpha") is not None and agreement.get("is_enough")
    yield "Agreement, Krippendorff's alpha", _alpha(agreement) if is_told else NOT_MEASURED
    personal = data["personal_data"] or {}
    places = sum(kind["places"] for kind in personal.get("kinds", {}).values())
    yield "Personal data found by patterns", f"{places:,} places, {personal['policy']}" if personal else NOT_MEASURED


def _alpha(agreement: Mapping[str, Any]) -> str:
    low, high = agreement.get("low"), agreement.get("high")
    interval = f" ({low:.2f} to {high:.2f})" if low is not None and high is not None else " (no interval)"
    return f"{agreement['alpha']:.2f}{interval}, {agreement['drafts']:,} drafts"


def _recipe(recipe: Mapping[str, Any]) -> Iterator[Row]:
    yield "Recipe", recipe["name"]
    for name, value in sorted(recipe["values"].items()):
        text = value if isinstance(value, str) else json.dumps(value, sort_keys=True)
        changed = ", changed" if name in recipe["overrides"] else ""
        yield name.replace("_", " "), f"{text}{changed}"


def _environment(environment: Mapping[str, Any]) -> Iterator[Row]:
    yield "Python", environment["python"]
    yield "Platform", environment["platform"]
    yield from sorted(environment["packages"].items())
    yield "CUDA", environment["cuda"] or "none"
    yield "Driver", environment["driver"] or (NOT_RECORDED if environment["devices"] else "none")
    yield "GPUs", ", ".join(environment["devices"]) or "none"
    yield "Commit", f"`{environment['commit']}`" if environment["commit"] else NOT_RECORDED


def _openings(openings: Mapping[str, Any]) -> Iterator[str]:
    opened, planned = openings["opened"], openings["planned"]
    if opened:
        own = ", ".join(map(str, openings["of_this_miniature"])) or "none"
        yield f"The task's test split was opened {opened:,} of {planned:,} planned times; for this miniature: {own}."
    else:
        yield "The task's test split was never opened."
    if before := openings["before_they_were_counted"]:
        yield f"{before:,} evaluations read it before openings were counted."


def _scores(scores: SplitScores) -> Iterator[str]:
    level = f"{fixed(100 * scores.level, 2).rstrip('0').rstrip('.')} %"
    opening = f", opening {scores.opening}" if scores.opening else ""
    note = "; exploratory, no verdict" if scores.is_exploratory else ""
    yield f"On {scores.records:,} {scores.split} records{opening}, {level} intervals{note}. Measured {scores.at[:10]}."
    names = tables.systems(scores.summary)
    rows = [[row["metric"].label, *(_cell_words(cell) for cell in row["cells"])] for row in tables.rows(scores.summary)]
    yield _table(["Metric", *names], rows)


def _cell_words(cell: Mapping[str, Any] | None) -> str:
    if cell is None:
        return "–"
    interval = f" ({cell['interval']})" if cell["interval"] else ""
    return f"{cell['value']}{interval}, n = {cell['n']}"


def _costs(costs: RunningCosts) -> Iterator[Row]:
    yield "An hour of its host", NO_PRICE if costs.usd_per_hour is None else money(costs.usd_per_hour)
    if costs.capacity:
        device = costs.capacity.device or "a device not recorded"
        yield "Capacity measured", f"{_range(costs.capacity.outputs_per_hour)} outputs an hour on {device}"
    else:
        yield "Capacity measured", NOT_MEASURED
    missing = NO_PRICE if costs.usd_per_hour is None else NOT_MEASURED
    yield "1,000 outputs in batches", _usd(costs.batch_usd_per_1000) or missing
    month = costs.always_on_usd_per_month
    yield "Always on, a month of 730 hours", missing if month is None else money(month)
    if costs.requests is None:
        yield "1,000 outputs, always on", "*no requests so far*"
        return
    volume = f"at {costs.requests.requests:,} requests in {costs.requests.days:,} days"
    per_1000 = costs.always_on_usd_per_1000
    yield "1,000 outputs, always on", missing if per_1000 is None else f"{money(per_1000)} {volume}"


def _break_even(lines: Sequence[BreakEvenLine]) -> Iterator[str]:
    if not lines:
        yield (
            "No paid model wrote its drafts, and no teacher with a price is connected. "
            "An admin connects one under *Teachers*."
        )
        return
    yield "From this many outputs a month a host that is always on is cheaper than the model."
    heads = ["Model", "1,000 outputs", "How known", "Outputs a month", "On one host"]
    yield _table(heads, (_break_even_row(line) for line in lines))


def _break_even_row(line: BreakEvenLine) -> Row:
    drafts = f"{line.usd_per_1000.n:,} drafts"
    price = f", at a price read on {line.price_as_of}" if line.price_as_of else ""
    basis = f"paid for {drafts}" if line.is_measured else f"from the mean tokens of {drafts}{price}"
    volume = _range(line.outputs_per_month) if line.outputs_per_month else NO_PRICE
    if line.outputs_per_month is None:
        verdict = "–"
    elif line.hosts is None:
        verdict = "capacity *not measured*"
    else:
        verdict = "yes" if line.hosts == 1 else f"never: that many take {line.hosts:,} hosts"
    return line.model, _usd(line.usd_per_1000), basis, volume, verdict


def _licence(licence: Mapping[str, Any]) -> Iterator[Row]:
    yield "Base", licence["base"] or NOT_STATED
    yield "Data", licence["data"] or NOT_STATED
    for source in licence["sources"]:
        yield f"Source {source['name']}", source["provenance"] or NOT_STATED


def _usd(estimate: CardFigure | None) -> str:
    if estimate is None:
        return ""
    if estimate.low is None or estimate.high is None:
        return f"{money(estimate.mean)} (no interval)"
    return f"{money(estimate.mean)} ({money(estimate.low)} to {money(estimate.high)})"


def _range(estimate: CardFigure) -> str:
    if estimate.low is None or estimate.high is None:
        return f"{fixed(estimate.mean, 0)} (no interval)"
    return f"{fixed(estimate.mean, 0)} ({fixed(estimate.low, 0)} to {fixed(estimate.high, 0)})"


def _count(value: int | None) -> str:
    return NOT_RECORDED if value is None else f"{value:,}"


def _counts(counts: Mapping[str, int] | None) -> str:
    return ", ".join(f"{n:,} {name}" for name, n in counts.items()) if counts else NOT_RECORDED


def _table(heads: Sequence[str], rows: Iterable[Row]) -> str:
    lines = [" | ".join(_flat(cell).replace("|", "\\|") for cell in row) for row in (heads, *rows)]
    rule = " | ".join("---" for _ in heads)
    return "\n".join(f"| {line} |" for line in (lines[0], rule, *lines[1:]))


def _flat(text: object) -> str:
    return " ".join(str(text).split())
