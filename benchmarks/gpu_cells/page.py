"""The page of figures from what has been measured so far; every cell that was not measured says so."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

Results = Mapping[str, Mapping[str, Any]]
NOT_MEASURED: Final = "*not measured*"

HEAD: Final = """# On a GPU

Written by `python -m benchmarks.gpu` from `docs/gpu.json`; run it on a machine with an NVIDIA GPU and commit both. Each
stage takes under eight minutes and can be run by itself (`--stage sizes`). Students have public sizes and random
weights, which changes no speed. Tuning goes through the engine as a worker starts it; tokens a second are the median of
the later steps, padding not counted; MFU is against the device's dense peak by its data sheet
([training](training-engine.md)). A cell that failed says why.
"""


def page(results: Results, stages: Mapping[str, Sequence[Mapping[str, Any]]]) -> str:
    """The whole page, in Markdown."""
    parts = [HEAD, _when(results)]
    for name, cells in stages.items():
        parts.append(f"## {name.capitalize()}\n\n{_table(results, cells)}")
    parts.append(f"## Beside the paper's claims\n\n{_claims(results)}")
    return "\n\n".join(part.strip() for part in parts) + "\n"


def _when(results: Results) -> str:
    if not results:
        return "**Nothing has been measured yet: no GPU was at hand.**"
    measured = sorted({(each["device"], each["date"]) for each in results.values()})
    return "Measured on " + "; ".join(f"{device}, {date}" for device, date in measured) + "."


def _table(results: Results, cells: Sequence[Mapping[str, Any]]) -> str:
    if cells[0]["program"] == "serving":
        return _rows(
            ("student", "by", "tokens/s by clients"), cells, lambda cell: _served(results.get(cell["name"])), 2
        )
    return _rows(
        ("student", "how", "by", "tokens/s", "MFU", "peak, GiB", "remarks"),
        cells, lambda cell: _tuned(results.get(cell["name"])), 3,
    )  # fmt: skip


def _rows(
    heads: Sequence[str],
    cells: Sequence[Mapping[str, Any]],
    figures: Callable[[Mapping[str, Any]], list[str]],
    named: int,
) -> str:
    lines = ["| " + " | ".join(heads) + " |", "| " + " | ".join(["---"] * len(heads)) + " |"]
    for cell in cells:
        names = [cell["student"], *([cell["how"]] if named == 3 else []), cell["by"]]
        lines.append("| " + " | ".join([*names, *figures(cell)]) + " |")
    return "\n".join(lines)


def _tuned(result: Mapping[str, Any] | None) -> list[str]:
    if result is None:
        return [NOT_MEASURED, "", "", ""]
    if "failed" in result:
        return [NOT_MEASURED, "", "", result["failed"]]
    mfu, peak = result.get("mfu"), result.get("peak_gib")
    return [
        f"{result['tokens_per_s']:,.0f}", f"{mfu:.0%}" if mfu else "", f"{peak:.1f}" if peak else "",
        "; ".join(result.get("notes", [])),
    ]  # fmt: skip


def _served(result: Mapping[str, Any] | None) -> list[str]:
    if result is None:
        return [NOT_MEASURED]
    if "failed" in result:
        return [f"{NOT_MEASURED}: {result['failed']}"]
    return ["; ".join(f"{clients}: {rate:,.0f}" for clients, rate in result["tokens_per_s"].items())]


def _claims(results: Results) -> str:
    def ratio(one: str, other: str, figure: str) -> float | None:
        first, second = (results.get(name, {}) for name in (one, other))
        # Rows that one packed and the other padded are another comparison.
        if first.get("notes") != second.get("notes") or not (first.get(figure) and second.get(figure)):
            return None
        return float(first[figure] / second[figure])

    bf16, fp32, full = "llama-3.2-1b LoRA bf16 8192", "llama-3.2-1b LoRA fp32 8192", "llama-3.2-1b full bf16 8192"
    small, large = "gemma-3-4b LoRA bf16 8192", "gemma-3-12b LoRA bf16 8192"
    saved, faster = ratio(bf16, fp32, "peak_gib"), ratio(bf16, fp32, "tokens_per_s")
    adapters, cheaper = ratio(bf16, full, "tokens_per_s"), ratio(small, large, "tokens_per_s")
    lines = [
        ("half precision: memory", "about −50 %", f"{saved - 1:+.0%}" if saved else NOT_MEASURED),
        ("half precision: speed", "1.5–2×", f"{faster:.1f}×" if faster else NOT_MEASURED),
        (
            "LoRA against full fine-tuning: speed",
            "3–5×; 10–50× the compute",
            f"{adapters:.1f}×" if adapters else NOT_MEASURED,
        ),
        ("4B against 12B: tokens for the same time", "twice as cheap", f"{cheaper:.1f}×" if cheaper else NOT_MEASURED),
    ]
    return "\n".join(
        ["| claim | paper | here |", "| --- | --- | --- |", *(f"| {a} | {b} | {c} |" for a, b, c in lines)]
    )
