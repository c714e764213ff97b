"""Assets of the dbt models, their tests as checks, and the publication behind its gate."""

from collections.abc import Iterator
from datetime import datetime
from graphlib import TopologicalSorter
from typing import Any

from dagster import (
    AssetCheckResult,
    AssetCheckSeverity,
    AssetCheckSpec,
    AssetExecutionContext,
    AssetKey,
    AssetsDefinition,
    Failure,
    MaterializeResult,
    Output,
    asset,
)
from dagster_dbt import DagsterDbtTranslator, DagsterDbtTranslatorSettings, dbt_assets
from dagster_dbt.asset_utils import get_asset_check_key_for_test
from dagster_dbt.core.dbt_cli_event import DbtCoreCliEventMessage

from assets.build_state import built_for
from assets.dbt_runner import DbtRunner
from assets.keys import GATE_KEY, PUBLISHED_KEY
from assets.night import NOTHING_CHANGED
from assets.parsed_project import DbtBuildError
from assets.resources import WarehouseResource
from pipelines.catalog.loader import Catalog
from pipelines.changes import build_inputs, reasons_to_publish
from pipelines.land.status import failure_fingerprint
from pipelines.progress import report
from pipelines.publish.release import publish
from pipelines.publish.runs import History, Run, new_run_id, read_publication
from pipelines.publish.versions import current_version, next_version
from pipelines.quality.gate_process import dismiss, get_ready, judge
from pipelines.quality.history import note_defects, note_gate
from pipelines.quality.report import write_report
from pipelines.settings import TIMEZONE, now

_TABLES = {"model", "seed", "snapshot"}
_BUILT_BY_DBT = _TABLES | {"test"}
_STANDS = {"kept": True}


class Translator(DagsterDbtTranslator):
    """Names of dbt nodes in Dagster: groups are the layers."""

    def get_group_name(self, dbt_resource_props: Any) -> str | None:
        """Return the layer of a model."""
        return str(dbt_resource_props["fqn"][1]) if dbt_resource_props["resource_type"] == "model" else None


TRANSLATOR = Translator(DagsterDbtTranslatorSettings(enable_source_tests_as_checks=True))


def _is_asked_for(event: object, context: AssetExecutionContext) -> bool:
    """Return whether Dagster expects to hear of something: all that is out of date is built, whatever was selected."""
    return not isinstance(event, Output) or (
        event.output_name in context.op_execution_context.selected_output_names
    )


def _kept(
    manifest: dict[str, Any], asked: list[str] | None, context: AssetExecutionContext
) -> Iterator[Output[None] | AssetCheckResult]:
    """Yield what dbt is not asked about, parents first: it stands as it was, and Dagster goes on to what comes after it.

    Only tests that passed on the same rows are among it.
    """
    if asked is None:
        return
    nodes = [manifest["nodes"][name] for name in asked]
    changing = {TRANSLATOR.get_asset_key(node) for node in nodes if node["resource_type"] in _TABLES}
    tested = {get_asset_check_key_for_test(manifest, TRANSLATOR, name, None) for name in asked}
    assets, chosen = context.assets_def, context.op_execution_context.selected_output_names
    names = {key: name for name, key in assets.keys_by_output_name.items()}
    for key in TopologicalSorter(assets.asset_deps).static_order():
        if names.get(key) in chosen and key not in changing:
            yield Output(None, output_name=names[key], metadata=_STANDS)
    for name, spec in assets.check_specs_by_output_name.items():
        if name in chosen and spec.key not in tested:
            yield AssetCheckResult(
                passed=True, asset_key=spec.asset_key, check_name=spec.name, metadata=_STANDS
            )


def _node_count(manifest: dict[str, Any], asked: list[str] | None) -> int:
    chosen = manifest["nodes"] if asked is None else asked
    return sum(1 for name in chosen if manifest["nodes"][name]["resource_type"] in _BUILT_BY_DBT)


def dbt_models(manifest: dict[str, Any]) -> AssetsDefinition:
    """Return the assets of the dbt project, built in this process."""

    @dbt_assets(manifest=manifest, dagster_dbt_translator=TRANSLATOR, name="dbt_models")
    def models(context: AssetExecutionContext, warehouse: WarehouseResource) -> Iterator[Any]:
        runner = DbtRunner(warehouse.get_home(), warehouse.get_run_date())
        try:
            asked = runner.prepare(
                full=warehouse.full and not (warehouse.full_sources or warehouse.full_years)
            )
            total = _node_count(manifest, asked)
            report("build", 0, total)
            yield from _kept(manifest, asked, context)
            get_ready()
            for done, event in enumerate(runner.build_nodes(asked), start=1):
                name = event.get("data", {}).get("node_info", {}).get("node_name", "")
                report("build", done, total, name)
                message = DbtCoreCliEventMessage(raw_event=event, event_history_metadata={})
                told = message.to_default_asset_events(
                    manifest=manifest,
                    dagster_dbt_translator=TRANSLATOR,
                    context=context,
                    target_path=runner.target_path,
                )
                yield from (part for part in told if _is_asked_for(part, context))
        except DbtBuildError as error:
            dismiss()
            raise Failure(description=str(error)) from error

    return models


def _started(context: AssetExecutionContext) -> datetime:
    """Return when the run began, after which it and its version are named."""
    record = context.instance.get_run_record_by_id(context.run_id)
    return record.create_timestamp.astimezone(TIMEZONE).replace(microsecond=0) if record else now()


def quality_gate(models: list[AssetKey]) -> AssetsDefinition:
    """Return the gate: it fails, and so stops the publication, when an expectation that blocks does not hold."""
    check = "expectations"

    @asset(
        key=GATE_KEY,
        deps=models,
        group_name="publication",
        kinds={"python"},
        description="公開前の品質検査",
        check_specs=[AssetCheckSpec(check, asset=GATE_KEY)],
    )
    def gate(context: AssetExecutionContext, warehouse: WarehouseResource) -> MaterializeResult:
        home = warehouse.get_home()
        report("gate")
        previous = home.published_database if read_publication(home) else None
        outcome = judge(home.build_database, previous, accept=warehouse.accept)
        page = write_report(outcome, home.reports, context.run_id)
        started = _started(context)
        # Under the id by which it will be published.
        note_gate(home, next_version(home, new_run_id(started)), started.isoformat(), outcome)
        note_defects(home, home.build_database, started.isoformat())
        for warning in outcome.warnings:
            context.log.warning(f"{warning.label_ja}: {warning.observed}")
        if outcome.blocking:
            raise Failure(
                description="\n".join(
                    f"{entry.label_ja}: {entry.error or entry.observed}" for entry in outcome.blocking
                )
            )
        return MaterializeResult(
            metadata={"checks": len(outcome.outcomes), "report": str(page)},
            check_results=[
                AssetCheckResult(
                    check_name=check,
                    passed=not outcome.warnings,
                    severity=AssetCheckSeverity.WARN,
                    metadata={entry.label_ja: entry.observed for entry in outcome.warnings},
                )
            ],
        )

    return gate


def published_warehouse(catalog: Catalog) -> AssetsDefinition:
    """Return the publication of the built warehouse, unless it would be the same again and nobody asked for it (`full`)."""

    @asset(
        key=PUBLISHED_KEY,
        deps=[GATE_KEY],
        group_name="publication",
        kinds={"duckdb"},
        description="読み手のための倉庫。名前の付け替えだけで入れ替わる。公開中と同じものになるなら、そのままにする",
    )
    def published(context: AssetExecutionContext, warehouse: WarehouseResource) -> MaterializeResult:
        # Midnight may have passed since it was built.
        home, run_date = warehouse.get_home(), built_for(warehouse.get_home())
        started = _started(context)
        if not warehouse.full and not reasons_to_publish(home, catalog, run_date):
            History(home).note("unchanged", started, now())
            context.log.info(NOTHING_CHANGED)
            # A backfill waits for every step to say that it is done.
            return MaterializeResult(metadata={**_STANDS, "run_id": current_version(home)})
        inputs, failures = build_inputs(home, catalog), failure_fingerprint(home, catalog)
        run = Run(new_run_id(started), started.isoformat(), None, "running", 0, 0)
        finished = publish(home, run, inputs, run_date, failures)
        return MaterializeResult(
            metadata={"run_id": finished.run_id, "figures_changed": finished.figures_changed}
        )

    return published
