"""The publication gate: Great Expectations over the built warehouse, from expectations kept as data.

Great Expectations is imported inside the function that needs it: the import alone takes seconds.
"""

from __future__ import annotations

import json
import os
from collections.abc import Collection
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import duckdb
import yaml
from pydantic import BaseModel, ConfigDict

from pipelines.catalog.vocabulary import Label
from pipelines.progress import report

EXPECTATIONS = Path(__file__).with_name("expectations.yml")


class Expectation(BaseModel):
    """One expectation of Great Expectations and what follows when it does not hold."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    type: str
    severity: Literal["block", "warn"]
    kwargs: dict[str, Any]


class Suite(BaseModel):
    """Expectations about the rows of one query."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    name: str
    label: Label
    query: str
    needs_previous: bool = False
    expectations: list[Expectation]


class _Suites(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    suites: list[Suite]


@dataclass(frozen=True)
class Outcome:
    """How one expectation turned out; `error` is set when it could not be evaluated at all.

    `accepted` tells that somebody said beforehand that what it would block is right.
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

    @property
    def blocks(self) -> bool:
        """Return whether this outcome forbids publication."""
        if self.success:
            return False
        return self.error is not None or (self.severity == "block" and not self.accepted)


@dataclass(frozen=True)
class GateReport:
    """All outcomes; the warehouse may be published when none blocks."""

    outcomes: list[Outcome]

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
        return json.dumps([asdict(outcome) for outcome in self.outcomes], ensure_ascii=False, indent=1)


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
            )
        )
    return outcomes


def run_gate(
    database: Path, previous: Path | None, suites: list[Suite] | None = None, accept: Collection[str] = ()
) -> GateReport:
    """Check a built database against the expectations, the published one beside it when there is one.

    What the suites named by `accept` find about the difference between the two is shown and does not block.
    Raises duckdb.Error when a query of the suites does not run.
    """
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    import great_expectations as gx

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    source = context.data_sources.add_pandas("warehouse")
    chosen = [suite for suite in suites or load_suites() if previous is not None or not suite.needs_previous]
    outcomes: list[Outcome] = []
    with duckdb.connect(str(database), read_only=True) as connection:
        if previous is not None:
            connection.execute(
                f"attach '{str(previous).replace(chr(39), chr(39) * 2)}' as previous (read_only)"
            )
        for number, suite in enumerate(chosen, start=1):
            report("gate", number, len(chosen), suite.name)
            frame = connection.sql(suite.query).df()
            asset = source.add_dataframe_asset(suite.name)
            batch = asset.add_batch_definition_whole_dataframe("all").get_batch({"dataframe": frame})
            accepted = suite.needs_previous and suite.name in accept
            outcomes += _validate(suite, batch, accepted=accepted)
    return GateReport(outcomes)
