"""`savings`: what a filled-in form says about the saving, as text, JSON and a table of observations; the empty form."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from decimal import Decimal
from pathlib import Path
from typing import Any

from cli.messages import SAVINGS_REASONS, Speaker
from cli.usage import UsageError
from pipelines.acquire.origin import is_file_of
from pipelines.catalog.loader import Catalog
from pipelines.files import write_atomically
from pipelines.quality.defect_report import FileReport
from pipelines.savings.arithmetic import BreakEven, Cost, Evaluation, Outcome, Result
from pipelines.savings.form import TITLE, choice_word
from pipelines.savings.model import Task
from pipelines.savings.observations import Origin, observation_csv
from pipelines.savings.reading import FORM_TABLE, SOURCE_ID, FormReading
from pipelines.savings.target import Target
from pipelines.savings.template import SUFFIXES, template_csv, template_xlsx

_FIGURES = "figures"


def write_template(path: Path, say: Speaker) -> None:
    """Write the empty form; raise UsageError for another kind of file, or where one is already."""
    if path.suffix.lower() not in SUFFIXES:
        raise UsageError(say("template_suffix", path=path))
    if path.exists():
        raise UsageError(say("already_there", path=path))
    content = template_csv(say.language) if path.suffix.lower() == ".csv" else template_xlsx(say.language)
    write_atomically(path, content)


def check_observations_path(path: Path, form: Path, catalog: Catalog, say: Speaker) -> None:
    """Raise UsageError when `run --origin` would not find the table there, or the form itself would be lost."""
    table = catalog.sources[SOURCE_ID].description.published[_FIGURES]
    if not is_file_of(path.name, table):
        raise UsageError(say("observations_name", path=path, pattern=" ".join(table.files)))
    if path.resolve() == form.resolve():
        raise UsageError(say("already_there", path=path))


def write_observations(path: Path, evaluation: Evaluation, origin: Origin) -> None:
    """Write the figures as a table that `run --origin` reads."""
    write_atomically(path, observation_csv(evaluation, origin))


def defect_report(reading: FormReading, path: Path) -> FileReport:
    """Return what is wrong with a form, in the shape of `check`."""
    return FileReport(
        path.as_posix(), SOURCE_ID, FORM_TABLE, TITLE.model_dump(), False, 0, defects=reading.defects
    )


# JSON


def _outcome(outcome: Outcome) -> dict[str, Any]:
    return {"value": outcome.value, "reason": outcome.reason, "tasks": list(outcome.tasks)}


def _cost(cost: Cost) -> dict[str, int]:
    return {"total": cost.total, "staff": cost.staff, "running": cost.running, "contract": cost.contract}


def _target(result: Result, target: Target | None) -> dict[str, Any] | None:
    if target is None or not _is_cloud(result):
        return None
    return {
        "measure_id": target.measure_id,
        "target_version": target.target_version,
        "cut": target.cut,
        "target_text_ja": target.text_ja,
        "source_url": target.source_url,
        "reached": result.reaches(target.cut),
        "reached_by_payments": result.reaches(target.cut, payments=True),
    }


def _is_cloud(result: Result) -> bool:
    return all(task.kind == "cloud" for task in result.tasks)


def _result(result: Result, target: Target | None) -> dict[str, Any]:
    record = {
        "name": result.name,
        "kind": result.kind,
        "cost_before": _cost(result.before),
        "cost_after": _cost(result.after),
        "saving_per_year": result.saving,
        "payments_saving_per_year": result.payments_saving,
        "staff_saving_per_year": result.saving - result.payments_saving,
        "volume_adjusted_saving_per_year": _outcome(result.volume_adjusted_saving),
        "saving_rate": _outcome(result.saving_rate),
        "payments_saving_rate": _outcome(result.payments_saving_rate),
        "target": _target(result, target),
        "one_off_cost": result.one_off,
        "cumulative_saving": result.cumulative,
        "discounted_cumulative_saving": result.discounted_cumulative,
        "break_even": asdict(result.break_even),
        "discounted_break_even": asdict(result.discounted_break_even),
        "cost_per_resident": {"before": result.per_resident_before, "after": result.per_resident_after},
        "cost_per_transaction": {
            "before": _outcome(result.per_transaction_before), "after": _outcome(result.per_transaction_after)
        },
        "processing_hours_per_year": {
            "before": _outcome(result.hours_before), "after": _outcome(result.hours_after)
        },
        "years": [asdict(year) for year in result.years],
    }  # fmt: skip
    return record


def to_record(evaluation: Evaluation, target: Target | None, origin: Origin, examples: list[int]) -> Any:
    """Return everything for JSON; money in yen, rates in percent."""
    form = asdict(evaluation.form)
    tasks = form.pop("tasks")
    results = [
        _result(result, target)
        | {"minutes_per_transaction": {side: task[side]["minutes"] for side in ("before", "after")}}
        | {key: task[key] for key in ("row", "volume_unit", "evidence", "note")}
        for result, task in zip(evaluation.tasks, tasks, strict=True)
    ]
    return {
        "form": form | {"last_year": evaluation.form.last_year},
        "origin": asdict(origin) | {"example_rows_not_read": examples},
        "total": _result(evaluation.total, target),
        "kinds": [_result(result, target) for result in evaluation.kinds],
        "tasks": results,
    }


# Text


class SavingsText:
    """The figures of a form in lines; texts of the form are escaped."""

    def __init__(
        self, evaluation: Evaluation, target: Target | None, examples: list[int], say: Speaker
    ) -> None:
        self._evaluation = evaluation
        self._target = target
        self._examples = examples
        self._say = say

    def lines(self) -> Iterator[str]:
        """Yield the form's head, the total with its years, then kinds and tasks where there are several."""
        evaluation = self._evaluation
        yield from self._head()
        yield from self._block(evaluation.total, self._say("savings_total", tasks=len(evaluation.form.tasks)))
        yield from self._years(evaluation.total)
        if len(evaluation.kinds) > 1:
            for result in evaluation.kinds:
                kind = choice_word("kind", str(result.kind), self._say.language)
                yield from self._block(result, self._say("savings_kind", kind=kind, tasks=len(result.tasks)))
        if len(evaluation.tasks) > 1:
            for result in evaluation.tasks:
                kind = choice_word("kind", str(result.kind), self._say.language)
                yield from self._block(result, self._say("savings_task", name=_safe(result.name), kind=kind))
        yield ""
        if self._target and any(result.kind == "cloud" for result in evaluation.kinds):
            target = self._target
            yield f"[dim]{self._say('savings_target_source', text=target.text_ja, url=target.source_url)}[/dim]"
        yield f"[dim]{self._say('savings_footer')}[/dim]"

    def _head(self) -> Iterator[str]:
        form, say = self._evaluation.form, self._say
        status = choice_word("figures_are", "estimate" if form.is_estimate else "actual", say.language)
        yield f"[bold]{_safe(form.area_name)}[/bold] ({form.area_code})  {say('savings_title')}"
        yield say(
            "savings_head", year=form.change_year, month=form.start_month, last=form.last_year,
            before=form.before_year, after=form.after_year, status=status,
        )  # fmt: skip
        rate = (
            say("savings_no_rate") if form.discount_rate is None else f"{form.discount_rate.normalize():f}%"
        )
        yield say("savings_population", population=form.population, day=form.population_on, rate=rate)
        if self._examples:
            yield say("savings_examples", rows=", ".join(map(str, self._examples)))

    def _block(self, result: Result, title: str) -> Iterator[str]:
        say = self._say
        yield ""
        yield f"[bold]{title}[/bold]"
        lines = [
            ("savings_cost", self._change(result.before.total, result.after.total)),
            ("savings_saving", self._saving(result)),
            ("savings_adjusted", self._money(result.volume_adjusted_saving)),
            ("savings_one_off", self._yen(result.one_off)),
            ("savings_cumulative", self._cumulative(result)),
            ("savings_break_even", self._break_evens(result)),
            ("savings_per_resident", self._change(result.per_resident_before, result.per_resident_after)),
            ("savings_per_transaction", self._pair(result.per_transaction_before, result.per_transaction_after, "yen_text")),
            ("savings_hours", self._pair(result.hours_before, result.hours_after, "hours_text")),
        ]  # fmt: skip
        if self._target and _is_cloud(result):
            lines.insert(2, ("savings_target", self._against_target(result, self._target)))
        if len(result.tasks) == 1 and (minutes := self._minutes(result.tasks[0])):
            lines.append(("savings_minutes", minutes))
        for key, text in lines:
            yield f"  {say(key)}: {text}"

    def _yen(self, amount: int | Decimal) -> str:
        return self._say("yen_text", value=amount)

    def _why(self, outcome: Outcome | BreakEven) -> str:
        reason = self._say.word(SAVINGS_REASONS, str(outcome.reason))
        tasks = outcome.tasks if isinstance(outcome, Outcome) else ()
        named = _safe(self._say("list_comma").join(tasks))
        return self._say("savings_none", reason=f"{reason}: {named}" if named else reason)

    def _money(self, outcome: Outcome) -> str:
        return self._why(outcome) if outcome.value is None else self._yen(outcome.value)

    def _rate(self, outcome: Outcome) -> str:
        return self._why(outcome) if outcome.value is None else f"{outcome.value}%"

    def _change(self, before: int | Decimal, after: int | Decimal) -> str:
        return f"{self._yen(before)} → {self._yen(after)}"

    def _pair(self, before: Outcome, after: Outcome, unit: str) -> str:
        shown = [
            self._why(side) if side.value is None else self._say(unit, value=side.value)
            for side in (before, after)
        ]
        if before.value is None and before == after:
            return shown[0]
        return " → ".join(shown)

    def _saving(self, result: Result) -> str:
        return self._say(
            "savings_of_which", saving=result.saving, rate=self._rate(result.saving_rate),
            payments=result.payments_saving, staff=result.saving - result.payments_saving,
        )  # fmt: skip

    def _against_target(self, result: Result, target: Target) -> str:
        say = self._say

        def verdict(*, payments: bool) -> str:
            reached = result.reaches(target.cut, payments=payments)
            return say({True: "savings_reached", False: "savings_short", None: "savings_no_cost"}[reached])

        return say(
            "savings_against", cut=f"{target.cut.normalize():f}", rate=self._rate(result.saving_rate),
            verdict=verdict(payments=False), payments_rate=self._rate(result.payments_saving_rate),
            payments_verdict=verdict(payments=True),
        )  # fmt: skip

    def _cumulative(self, result: Result) -> str:
        if result.discounted_cumulative is None:
            return self._yen(result.cumulative)
        return self._say(
            "savings_discounted", plain=self._yen(result.cumulative), discounted=self._yen(result.discounted_cumulative)
        )  # fmt: skip

    def _break_evens(self, result: Result) -> str:
        plain = self._break_even(result.break_even)
        if result.discounted_cumulative is None:
            return plain
        return self._say(
            "savings_discounted", plain=plain, discounted=self._break_even(result.discounted_break_even)
        )

    def _break_even(self, found: BreakEven) -> str:
        if found.fiscal_year is None or found.month is None:
            return self._why(found)
        calendar_year = found.fiscal_year + (found.month < 4)
        return self._say(
            "savings_break_even_at", year=found.fiscal_year, calendar_year=calendar_year, month=found.month
        )

    def _minutes(self, task: Task) -> str | None:
        before, after = task.before.minutes, task.after.minutes
        if before is None or after is None:
            return None
        change = (after - before).normalize()
        return self._say(
            "savings_minutes_text", before=before.normalize(), after=after.normalize(), change=change
        )

    def _years(self, result: Result) -> Iterator[str]:
        say = self._say
        yield ""
        yield f"  {say('savings_years')}"
        for year in result.years:
            line = say(
                "savings_year", year=year.fiscal_year, months=year.months, saving=year.saving, one_off=year.one_off,
                cumulative=year.cumulative,
            )  # fmt: skip
            if year.discounted_cumulative is not None:
                line += say("savings_year_discounted", value=year.discounted_cumulative)
            yield f"  {line}"


def _safe(text: str) -> str:
    from rich.markup import escape

    return escape(text)
