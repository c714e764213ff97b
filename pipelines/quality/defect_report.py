"""The defect report of one or many files, for the office that publishes them: text, JSON, and a page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from html import escape
from typing import Any

from pipelines.catalog.defect_rules import explanation_of
from pipelines.defects import Defect

_WORDS = {
    "title": ("不備の報告", "Defect report"),
    "clean": ("不備はありません", "No defects"),
    "refused": ("ファイル全体を採用できません", "The file as a whole cannot be accepted"),
    "accepted": ("採用できます", "The file can be accepted"),
    "error": ("誤り", "error"),
    "warning": ("注意", "warning"),
    "place": ("場所", "Place"),
    "found": ("見つかったもの", "Found"),
    "expected": ("あるべきもの", "Expected"),
    "why": ("なぜ問題か", "Why it matters"),
    "mend": ("直し方", "How to mend it"),
    "blank": ("空欄", "blank"),
    "figures": ("数値", "figures"),
    "bodies": ("団体", "bodies"),
    "period": ("対象", "period"),
    "severity": ("重さ", "Severity"),
}


def _word(name: str, language: str) -> str:
    japanese, english = _WORDS[name]
    return japanese if language == "ja" else english


@dataclass(frozen=True)
class FileReport:
    """What was found in one file, read as the pipeline would read it."""

    file: str
    source_id: str
    table: str
    table_title: dict[str, str]
    accepted: bool
    figures: int
    bodies: int | None = None
    period: str | None = None
    defects: list[Defect] = field(default_factory=list)

    def as_record(self) -> dict[str, Any]:
        """Return the report for scripts, every text in both languages."""
        return {
            "file": self.file,
            "source_id": self.source_id,
            "table": self.table,
            "period": self.period,
            "accepted": self.accepted,
            "rows": self.figures,
            "bodies": self.bodies,
            "defects": [_record(defect) for defect in self.defects],
        }


def _record(defect: Defect) -> dict[str, Any]:
    rule = explanation_of(defect.rule)
    return defect.as_record() | {
        "message_ja": defect.message("ja"),
        "message_en": defect.message("en"),
        "why_ja": rule.why.ja,
        "why_en": rule.why.en,
        "mend_ja": rule.mend.ja,
        "mend_en": rule.mend.en,
    }


def _place(defect: Defect, language: str) -> str:
    row = None if defect.row is None else (f"{defect.row}行" if language == "ja" else f"row {defect.row}")
    # The address of a field in a CSV file is its row and its column.
    named = defect.cell is not None and defect.cell.endswith(f":{defect.column}")
    parts = (
        defect.sheet if defect.sheet != defect.file else None,
        defect.cell or row,
        None if named else defect.column,
    )
    return " ".join(part for part in parts if part) or "-"


def _expected(defect: Defect, language: str) -> str:
    return defect.expected_ja if language == "ja" else defect.expected_en


def _summary(report: FileReport, language: str) -> str:
    verdict = _word("accepted" if report.accepted else "refused", language)
    counts = [f"{_word('figures', language)} {report.figures:,}"]
    if report.bodies is not None:
        counts.append(f"{_word('bodies', language)} {report.bodies:,}")
    if report.period:
        counts.append(f"{_word('period', language)} {report.period}")
    return f"{verdict}（{'、'.join(counts)}）" if language == "ja" else f"{verdict} ({', '.join(counts)})"


def as_text(reports: list[FileReport], language: str) -> Iterator[str]:
    """Yield the report as lines; each defect with its place, what is wrong, why it matters, how to mend it."""
    for report in reports:
        title = report.table_title[language]
        yield f"{report.file}  [{report.source_id}.{report.table} {title}]"
        yield f"  {_summary(report, language)}"
        if not report.defects:
            yield f"  {_word('clean', language)}"
        for number, defect in enumerate(report.defects, start=1):
            rule = explanation_of(defect.rule)
            why, mend = (rule.why.ja, rule.mend.ja) if language == "ja" else (rule.why.en, rule.mend.en)
            yield f"  {number}. [{_word(defect.severity, language)}] {_place(defect, language)}"
            yield f"     {_word('found', language)}: {defect.found or _word('blank', language)}"
            yield f"     {_word('expected', language)}: {_expected(defect, language)}"
            yield f"     {_word('why', language)}: {why}"
            yield f"     {_word('mend', language)}: {mend}"


_PAGE = """<!doctype html>
<html lang="{language}"><head><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
body {{ font-family: system-ui, "Hiragino Sans", "Noto Sans CJK JP", sans-serif; margin: 2rem auto; max-width: 80rem; padding: 0 1rem; line-height: 1.6; color: #1b1b1b; background: #fff; }}
table {{ border-collapse: collapse; width: 100%; margin-bottom: 2rem; }}
th, td {{ border-bottom: 1px solid #bbb; padding: .4rem .6rem; text-align: left; vertical-align: top; overflow-wrap: anywhere; }}
.error {{ color: #a00014; font-weight: 700; }} .warning {{ color: #7a4b00; }}
</style></head><body>
<h1>{title}</h1>
{sections}
</body></html>
"""


def _row(defect: Defect, language: str) -> str:
    rule = explanation_of(defect.rule)
    why, mend = (rule.why.ja, rule.mend.ja) if language == "ja" else (rule.why.en, rule.mend.en)
    cells = (
        _place(defect, language), defect.found or _word("blank", language), _expected(defect, language), why, mend,
    )  # fmt: skip
    mark = f"<td class='{defect.severity}'>{_word(defect.severity, language)}</td>"
    return f"<tr>{mark}{''.join(f'<td>{escape(cell)}</td>' for cell in cells)}</tr>"


def _section(report: FileReport, language: str) -> str:
    head = f"<h2>{escape(report.file)}</h2><p>{escape(report.source_id)}: {escape(report.table_title[language])}<br>{escape(_summary(report, language))}</p>"
    if not report.defects:
        return f"{head}<p>{_word('clean', language)}</p>"
    names = ("severity", "place", "found", "expected", "why", "mend")
    header = "".join(f"<th scope='col'>{_word(name, language)}</th>" for name in names)
    rows = "\n".join(_row(defect, language) for defect in report.defects)
    return f"{head}<table><thead><tr>{header}</tr></thead><tbody>\n{rows}\n</tbody></table>"


def as_html(reports: list[FileReport], language: str) -> str:
    """Return the report as one page that opens without a network; every text from a file is escaped."""
    sections = "\n".join(_section(report, language) for report in reports)
    return _PAGE.format(language=language, title=_word("title", language), sections=sections)
