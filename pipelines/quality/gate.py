"""The publication gate: Great Expectations over the built warehouse, from expectations kept as data.

Great Expectations is imported inside the function that needs it: the import alone takes seconds.
"""

from __future__ import annotations

import json
import os
from collections.abc import Collection
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

import duckdb
import yaml
from pydantic import BaseModel, ConfigDict

from pipelines.catalog.vocabulary import Label
from pipelines.limits import duckdb_limits
from pipelines.progress import report
from pipelines.query import quoted

# A page names so many figures of a suite; the count is of all.
MOST_FIGURES = 200
EXPECTATIONS = Path(__file__).with_name("expectations.yml")


class Expectation(BaseModel):
    """One expectation of Great Expectations and what follows when it does not hold."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    type: str
    severity: Literal["block", "warn"]
    kwargs: dict[str, Any]


class Suite(BaseModel):
    """Expectations about the rows of one query; `figures` selects the rows of `fct_observation` that break them."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    name: str
    label: Label
    query: str
    figures: str | None = None
    needs_previous: bool = False
    expectations: list[Expectation]


class _Suites(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    suites: list[Suite]


@dataclass(frozen=True)
class Outcome:
    """How one expectation turned out; `error` is set when it could not be evaluated at all.

    `accepted` tells that somebody said beforehand that what it would block is right; `result` is the answer of
    Great Expectations itself, for its Data Docs.
    """

    suite: str
    label_ja: str
    label_en: str
    expectation: str
    severity: str
    success: bool
    observed: str
    error: str | None
    accepted: bool = False
    result: dict[str, Any] = field(default_factory=dict)

    def as_record(self) -> dict[str, Any]:
        """Return the outcome for scripts, without what Great Expectations said in its own form."""
        record = asdict(self) | {"blocks": self.blocks}
        del record["result"]
        return record

    @property
    def blocks(self) -> bool:
        """Return whether this outcome forbids publication."""
        if self.success:
            return False
        return self.error is not None or (self.severity == "block" and not self.accepted)


@dataclass(frozen=True)
class Affected:
    """Figures that break a suite: how many, and the first of them as records with their permanent ids."""

    count: int
    figures: list[dict[str, Any]]


@dataclass(frozen=True)
class GateReport:
    """All outcomes; the warehouse may be published when none blocks.

    `affected` has, for each suite that did not hold and can name them, the figures that break it.
    """

    outcomes: list[Outcome]
    affected: dict[str, Affected] = field(default_factory=dict)

    @property
    def blocking(self) -> list[Outcome]:
        """Return the outcomes that forbid publication."""
        return [outcome for outcome in self.outcomes if outcome.blocks]

    @property
    def warnings(self) -> list[Outcome]:
        """Return the outcomes that failed without forbidding publication."""
        return [outcome for outcome in self.outcomes if not outcome.success and not outcome.blocks]

    def as_json(self) -> str:
        """Return the report as JSON."""
        return json.dumps([outcome.as_record() for outcome in self.outcomes], ensure_ascii=False, indent=1)


def load_suites(path: Path = EXPECTATIONS) -> list[Suite]:
    """Return the suites; raise ValidationError when the file says something it may not."""
    return _Suites.model_validate(yaml.safe_load(path.read_text(encoding="utf-8"))).suites


def _observed(result: dict[str, Any]) -> str:
    shown = {
        key: result[key]
        for key in ("observed_value", "unexpected_count", "partial_unexpected_list", "element_count")
        if result.get(key) not in (None, [], "")
    }
    return json.dumps(shown, ensure_ascii=False, default=str)


def _error(exception_info: dict[str, Any]) -> str | None:
    """Return the exception of an evaluation: a raised error is no data failure and must not read as one."""
    entries = [exception_info] if "raised_exception" in exception_info else list(exception_info.values())
    for entry in entries:
        if isinstance(entry, dict) and entry.get("raised_exception"):
            return str(entry.get("exception_message"))
    return None


def comparing_suites() -> list[str]:
    """Return the suites that compare with the published warehouse: only their findings can be accepted beforehand."""
    return [suite.name for suite in load_suites() if suite.needs_previous]


def _validate(suite: Suite, batch: Any, *, accepted: bool) -> list[Outcome]:
    from great_expectations.expectations.registry import get_expectation_impl

    outcomes = []
    for expectation in suite.expectations:
        implementation = get_expectation_impl(expectation.type)
        result = batch.validate(implementation(**expectation.kwargs), result_format="BASIC").to_json_dict()
        outcomes.append(
            Outcome(
                suite=suite.name,
                label_ja=suite.label.ja,
                label_en=suite.label.en,
                expectation=f"{expectation.type}({json.dumps(expectation.kwargs, ensure_ascii=False)})",
                severity=expectation.severity,
                success=bool(result["success"]),
                observed=_observed(result.get("result") or {}),
                error=_error(result.get("exception_info") or {}),
                accepted=accepted,
                result=result,
            )
        )
    return outcomes


def _affected(connection: duckdb.DuckDBPyConnection, query: str) -> Affected:
    rows = connection.execute(
        "select observation_id, item_id, area_code, cast(as_of_date as varchar) as as_of_date, "
        "cast(value as varchar) as value, unit, source_id, snapshot_sha256, count(*) over () as figures "
        f"from ({query}) order by item_id, area_code, as_of_date, observation_id limit {MOST_FIGURES}"
    )
    names = [column[0] for column in rows.description or []]
    figures = [dict(zip(names, row, strict=True)) for row in rows.fetchall()]
    count = int(figures[0]["figures"]) if figures else 0
    return Affected(count, [{key: row[key] for key in names[:-1]} for row in figures])


def great_expectations() -> Any:
    """Return Great Expectations, imported without its calls home."""
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    import great_expectations as gx

    return gx


def _attach(connection: duckdb.DuckDBPyConnection, previous: Path) -> str | None:
    """Attach the published database; return why it cannot be, if so."""
    try:
        connection.execute(f"attach {quoted(previous)} as previous (read_only)")
    except duckdb.Error as error:
        return str(error)
    return None


def _judged(
    connection: duckdb.DuckDBPyConnection, source: Any, suite: Suite, *, accepted: bool
) -> tuple[list[Outcome], Affected | None]:
    """Return how the expectations of a suite turned out, and the figures that break them where it can name those."""
    frame = connection.sql(suite.query).df()
    asset = source.add_dataframe_asset(suite.name)
    batch = asset.add_batch_definition_whole_dataframe("all").get_batch({"dataframe": frame})
    found = _validate(suite, batch, accepted=accepted)
    if suite.figures and not all(outcome.success for outcome in found):
        return found, _affected(connection, suite.figures)
    return found, None


def _not_compared(reason: str) -> Outcome:
    """Return the warning that the published database cannot be read, so that nothing was compared with it."""
    return Outcome(
        suite="previous",
        label_ja="公開中の倉庫を読み、新しい倉庫と比べられる",
        label_en="The published warehouse can be read and compared with",
        expectation="read(previous)",
        severity="warn",
        success=False,
        observed=json.dumps({"observed_value": reason.splitlines()[0]}, ensure_ascii=False),
        error=None,
    )


def run_gate(
    database: Path, previous: Path | None, suites: list[Suite] | None = None, accept: Collection[str] = ()
) -> GateReport:
    """Check a built database against the expectations, the published one beside it when there is one.

    What the suites named by `accept` find about the difference between the two is shown and does not block. A published
    database that a disk has damaged is no reason to keep it: what cannot be compared with it is left out, with a warning.
    Raises duckdb.Error when a query of the suites does not run.
    """
    gx = great_expectations()
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    source = context.data_sources.add_pandas("warehouse")
    outcomes: list[Outcome] = []
    affected: dict[str, Affected] = {}
    with duckdb.connect(str(database), read_only=True, config=duckdb_limits()) as connection:
        damage = None if previous is None else _attach(connection, previous)
        compares = previous is not None and damage is None
        chosen = [suite for suite in suites or load_suites() if compares or not suite.needs_previous]
        for number, suite in enumerate(chosen, start=1):
            report("gate", number, len(chosen), suite.name)
            accepted = suite.needs_previous and suite.name in accept
            try:
                found, figures = _judged(connection, source, suite, accepted=accepted)
            except duckdb.IOException as error:
                if not suite.needs_previous:
                    raise
                damage = str(error)
                continue
            outcomes += found
            if figures is not None:
                affected[suite.name] = figures
    if damage is not None:
        outcomes.append(_not_compared(damage))
    return GateReport(outcomes, affected)
