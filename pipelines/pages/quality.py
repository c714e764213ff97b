"""The page of data quality in words, its history, and for each publisher what was found in its files, to be sent.

What was checked comes from the remembered gates (`pipelines/quality/history.py`), what was found in files from
`meta.defect`; since when, and what was mended, from what is remembered of both.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from markupsafe import Markup

from pipelines.catalog.defect_rules import explanation_of
from pipelines.export.safe_text import neutralised
from pipelines.normalize.area_codes import NATION
from pipelines.pages import queries
from pipelines.pages.bodies import MAIN_ITEMS
from pipelines.pages.charts import GateBar, gate_chart
from pipelines.pages.queries import grouped
from pipelines.pages.shown import text
from pipelines.pages.site import Site
from pipelines.quality.history import read_defect_ledger, read_gates
from pipelines.query import Record

_SHOWN_GATES = 40
# A page to be read; the CSV beside it has every defect.
_SHOWN_DEFECTS = 100
_MAIN = {item for items in MAIN_ITEMS.values() for item in items}
_CSV = (
    "state", "severity", "source_id", "table", "file", "snapshot_sha256", "sheet", "row", "column", "cell", "found",
    "expected_ja", "expected_en", "why_ja", "why_en", "mend_ja", "mend_en", "since", "mended_at", "defect_id",
)  # fmt: skip


@dataclass(frozen=True)
class Check:
    """A suite of one gate with its outcomes; `since` is the first of the gates without a break in which it failed.

    `is_since_first` tells that the record begins with it, so that it may have failed before.
    """

    suite: str
    outcomes: list[Record]
    affected: Record
    since: datetime | None
    gates: int
    is_since_first: bool

    @property
    def failed(self) -> list[Record]:
        """Return the outcomes that did not hold."""
        return [row for row in self.outcomes if not row["success"]]

    @property
    def state(self) -> str:
        """Return passed, warned, accepted or blocked."""
        if not self.failed:
            return "passed"
        if any(row["blocks"] for row in self.failed):
            return "blocked"
        return "accepted" if any(row["accepted"] for row in self.failed) else "warned"


def _failing(gate: Record) -> set[str]:
    return {row["suite"] for row in gate["outcomes"] if not row["success"]}


def checks_of(gates: list[Record]) -> list[Check]:
    """Return the checks of the last of some gates, those that failed first, each with since when it fails."""
    if not gates:
        return []
    found = []
    for suite, outcomes in grouped(gates[-1]["outcomes"], "suite").items():
        run = 0
        # A gate without a predecessor does not ask what is compared with one: that is no break.
        for gate in reversed(gates):
            if suite in _failing(gate):
                run += 1
            elif any(row["suite"] == suite for row in gate["outcomes"]):
                break
        first = [gate for gate in gates if suite in _failing(gate)][-run:] if run else []
        since = datetime.fromisoformat(first[0]["checked_at"]) if first else None
        affected = gates[-1].get("affected", {}).get(suite, {"count": 0, "figures": []})
        found.append(Check(suite, outcomes, affected, since, run, bool(first) and first[0] is gates[0]))
    return sorted(found, key=lambda check: ("blocked", "accepted", "warned", "passed").index(check.state))


def finding(row: Record, *, are_named: bool = False) -> Markup:
    """Return in words what a condition found; `row` is an outcome of a gate.

    Examples are given without unit, as the check saw them: not where the figures themselves are named.
    """
    if row["error"]:
        return text("finding_error", error=row["error"].splitlines()[0][:200])
    said = json.loads(row["observed"] or "{}")
    elements, unexpected = said.get("element_count"), said.get("unexpected_count")
    if row["success"]:
        return text("finding_held", elements=f"{elements:,}") if elements else text("finding_passed")
    if unexpected and elements and are_named:
        return text("finding_named", elements=f"{elements:,}", unexpected=f"{unexpected:,}")
    if unexpected and elements:
        examples = ", ".join(map(str, said.get("partial_unexpected_list", [])[:5]))[:200]
        return text(
            "finding_unexpected", elements=f"{elements:,}", unexpected=f"{unexpected:,}", examples=examples
        )
    return text("finding_observed", value=str(said.get("observed_value", ""))[:200])


def _history(gates: list[Record], published: set[str]) -> list[Record]:
    """Return the gates, newest first, in numbers and with the names of what failed."""
    entries = []
    for gate in reversed(gates[-_SHOWN_GATES:]):
        failed = [row for row in gate["outcomes"] if not row["success"]]
        labels = {row["suite"]: (row["label_ja"], row["label_en"]) for row in failed}
        entries.append({
            "run_id": gate["run_id"], "at": datetime.fromisoformat(gate["checked_at"]), "checks": len(gate["outcomes"]),
            "blocking": sum(1 for row in failed if row["blocks"]), "failed": len(failed),
            "labels": list(labels.values()), "is_published": gate["run_id"] in published,
            "affected": sum(found["count"] for found in gate.get("affected", {}).values()),
        })  # fmt: skip
    return entries


def kept_back(history: list[Record], version: str) -> list[Record]:
    """Return the gates after a version that forbade a publication; one that passed may have found nothing new to publish."""
    return [entry for entry in history if entry["run_id"] > version and entry["blocking"]]


class _Figures:
    """The figures that checks and defects name, with their words and where their pages show them."""

    def __init__(self, site: Site, ids: Iterable[str]) -> None:
        self._rows = {
            row["observation_id"]: row
            for row in site.rows(queries.NAMED_FIGURES, ids=list(dict.fromkeys(ids)))
        }
        self._bodies = {row["area_code"] for row in site.rows(queries.AREAS)}
        self._kpis: dict[str, str] = {}
        for row in site.rows(queries.MEASURES):
            self._kpis.setdefault(row["item_id"], row["kpi_id"])

    def get(self, figure: str) -> Record | None:
        """Return a figure of this version, or nothing."""
        return self._rows.get(figure)

    def address(self, row: Record) -> str:
        """Return where the pages show a figure, from the top folder: its row, else the page of its body, else nothing."""
        code, item, anchor = row["area_code"], row["item_id"], f"#o-{row['observation_id']}"
        if code == NATION and item in self._kpis:
            return f"kpi/{self._kpis[item]}.html{anchor}"
        if code not in self._bodies:
            return ""
        has_row = (
            item in _MAIN and row["is_latest"] and row["body_scope"] == "each_body" and row["as_of_date"]
        )
        return f"area/{code}.html{anchor if has_row else ''}"


def _publisher(source_id: str) -> str:
    """Return the part of a source's id that names its publisher; only what is safe in the name of a file."""
    name = source_id.partition("__")[0]
    return "".join(
        letter if letter.isascii() and (letter.isalnum() or letter == "_") else "-" for letter in name
    )


def _since(ledger: dict[str, str], row: Record) -> datetime | None:
    seen = ledger.get(row["defect_id"])
    return datetime.fromisoformat(seen) if seen else row.get("retrieved_at")


def _defects(site: Site, ledger: dict[str, list[Record]]) -> dict[str, list[Record]]:
    """Return open and mended defects by publisher, each with since when and what its publisher may do."""
    first_seen = {row["defect_id"]: row["first_seen_at"] for row in ledger["open"]}
    named = grouped(site.rows(queries.DEFECT_FIGURES), "defect_id")
    entries = [
        row | {"state": "open", "since": _since(first_seen, row), "mended_at": None, "figures": named.get(row["defect_id"], [])}
        for row in site.rows(queries.DEFECTS)
    ]  # fmt: skip
    still = {row["defect_id"] for row in entries}
    for row in ledger["mended"]:
        if row["defect_id"] not in still:
            days = {
                "since": datetime.fromisoformat(row["first_seen_at"]),
                "mended_at": datetime.fromisoformat(row["mended_at"]),
            }
            entries.append(
                row | days | {"state": "mended" if row["is_file_replaced"] else "no_longer", "figures": []}
            )
    for row in entries:
        row["rule_words"] = explanation_of(row["rule"])
        row["publisher"] = _publisher(row["source_id"])
    return grouped(entries, "publisher")


def defects_csv(rows: Iterable[Record]) -> str:
    """Return defects as CSV that Excel opens as Japanese; no text in it becomes a formula."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(_CSV)
    for row in rows:
        words = row["rule_words"]
        cells: list[Any] = [
            row["state"], row["severity"], row["source_id"], row["source_table"], row["file_name"], row["snapshot_sha256"],
            row["sheet"], row["row_no"], row["column_name"], row["cell"], row["found"], row["expected"], row["expected_en"],
            words.why.ja, words.why.en, words.mend.ja, words.mend.en, row["since"], row["mended_at"], row["defect_id"],
        ]  # fmt: skip
        writer.writerow([_cell(value) for value in cells])
    return "\ufeff" + out.getvalue()


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return value.isoformat() if isinstance(value, datetime) else neutralised(str(value))


def _by_rule(rows: list[Record]) -> list[list[Record]]:
    """Return defects that are mended in the same way together, what was left out first."""
    alike: dict[tuple[str, str], list[Record]] = {}
    for row in rows:
        alike.setdefault((row["severity"], row["rule"]), []).append(row)
    return [alike[key] for key in sorted(alike)]


def _write_publisher(site: Site, name: str, rows: list[Record], figures: _Figures) -> Record:
    """Write the page and the CSV of one publisher; return its line of the page of quality."""
    first = rows[0]
    words = (first["publisher_ja"] or name, first["publisher_en"] or first["publisher_ja"] or name)
    open_rows = [row for row in rows if row["state"] == "open"]
    line = {
        "name": name, "words": words, "errors": sum(1 for row in open_rows if row["severity"] == "error"),
        "warnings": sum(1 for row in open_rows if row["severity"] != "error"), "mended": len(rows) - len(open_rows),
        "since": min((row["since"] for row in open_rows if row["since"]), default=None),
    }  # fmt: skip
    site.page(
        f"defects/{name}.html", "publisher.html", "quality",
        line=line, sources=list(grouped(open_rows[:_SHOWN_DEFECTS], "source_id").values()),
        by_rule=_by_rule, left_out=max(0, len(open_rows) - _SHOWN_DEFECTS),
        mended=[row for row in rows if row["state"] != "open"][-_SHOWN_DEFECTS:], address=figures.address, figure=figures.get,
    )  # fmt: skip
    (site.folder / f"defects/{name}.csv").write_text(defects_csv(rows), encoding="utf-8", newline="")
    return line


def write(site: Site) -> None:
    """Write the page of data quality and one page for each publisher in whose files something was found."""
    home = site.options.home
    gates = read_gates(home) if home else []
    ledger = read_defect_ledger(home) if home else {"open": [], "mended": []}
    runs = site.rows(queries.RUNS)
    published = {row["version"] for row in runs if row["version"]}
    # What was remembered up to the version that is shown: a later gate may have kept a warehouse back.
    until = [gate for gate in gates if gate["run_id"] <= site.edition.version]
    is_own = bool(until) and until[-1]["run_id"] == site.edition.version
    checks = checks_of(until) if is_own else []
    by_publisher = _defects(site, ledger)
    named = [entry["observation_id"] for check in checks for entry in check.affected["figures"]]
    named += [
        entry["observation_id"] for rows in by_publisher.values() for row in rows for entry in row["figures"]
    ]
    figures = _Figures(site, named)
    lines = [_write_publisher(site, name, rows, figures) for name, rows in sorted(by_publisher.items())]
    history = _history(gates, published)
    bars = [GateBar(entry["at"].date(), entry["failed"], entry["blocking"]) for entry in reversed(history)]
    site.page(
        "quality.html", "quality.html", "quality",
        finding=finding, checks=checks, failed=[check for check in checks if check.failed], history=history, chart=gate_chart(bars),
        outcomes=sum(len(check.outcomes) for check in checks), publishers=lines, figure=figures.get,
        address=figures.address, has_docs=site.beside("data-docs/index.html"),
        later=kept_back(history, site.edition.version),
        revisions=site.rows(queries.REVISIONS), revision_count=site.rows(queries.REVISION_COUNT)[0]["revisions"],
        conflicts=site.rows(queries.CONFLICTS), runs=runs,
    )  # fmt: skip
