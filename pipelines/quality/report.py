"""The gate's report as a page that opens without a network, and as JSON."""

from __future__ import annotations

from html import escape
from pathlib import Path

from pipelines.files import write_atomically
from pipelines.quality.gate import GateReport, Outcome

_PAGE = """<!doctype html>
<html lang="ja"><head><meta charset="utf-8"><title>公開前の品質検査</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
body {{ font-family: system-ui, "Hiragino Sans", "Noto Sans CJK JP", sans-serif; margin: 2rem auto; max-width: 70rem; padding: 0 1rem; line-height: 1.6; color: #1b1b1b; background: #fff; }}
table {{ border-collapse: collapse; width: 100%; }}
th, td {{ border-bottom: 1px solid #bbb; padding: .4rem .6rem; text-align: left; vertical-align: top; }}
td.code {{ font-family: ui-monospace, monospace; font-size: .85rem; overflow-wrap: anywhere; }}
.pass {{ color: #075e2d; }} .warn {{ color: #7a4b00; }} .block {{ color: #a00014; font-weight: 700; }}
</style></head><body>
<h1>公開前の品質検査 / Publication gate</h1>
<p>{run} · {summary}</p>
<table><thead><tr><th scope="col">結果 / Result</th><th scope="col">検査 / Suite</th><th scope="col">期待 / Expectation</th>
<th scope="col">観測 / Observed</th></tr></thead><tbody>
{rows}
</tbody></table></body></html>
"""


def _mark(outcome: Outcome) -> tuple[str, str]:
    if outcome.success:
        return "pass", "✓ 適合 / pass"
    if outcome.blocks:
        return "block", "✗ 公開を止める / blocks"
    if outcome.severity == "block":
        return "warn", "! 承知のうえで公開 / accepted"
    return "warn", "! 注意 / warning"


def _row(outcome: Outcome) -> str:
    kind, mark = _mark(outcome)
    label = f"{escape(outcome.label_ja)}<br><small lang='en'>{escape(outcome.label_en)}</small>"
    observed = escape(outcome.error or outcome.observed)
    return (
        f"<tr><td class='{kind}'>{mark}</td><td>{label}</td>"
        f"<td class='code'>{escape(outcome.expectation)}</td><td class='code'>{observed}</td></tr>"
    )


def write_report(report: GateReport, folder: Path, run_id: str) -> Path:
    """Write `quality.json` and `quality.html` into a folder; return the page's path."""
    summary = (
        f"{len(report.outcomes)} 件 / checks, {len(report.blocking)} 件が公開を止める / blocking, "
        f"{len(report.warnings)} 件の注意 / warnings"
    )
    page = _PAGE.format(run=escape(run_id), summary=summary, rows="\n".join(map(_row, report.outcomes)))
    write_atomically(folder / "quality.json", report.as_json())
    write_atomically(folder / "quality.html", page)
    return folder / "quality.html"
