"""Everything that runs, and when: built once, for Dagster's entry point or for a command's own warehouse."""

from __future__ import annotations

from typing import Any

from dagster import (
    AssetSelection,
    Definitions,
    define_asset_job,
    in_process_executor,
)

from assets.backfill import figure_tables
from assets.freshness import freshness_checks
from assets.keys import by_year_key, table_key
from assets.night import changes, every_night, failed_nights
from assets.notifications import told_nights
from assets.parsed_project import project_manifest
from assets.resources import WarehouseResource
from assets.sources import source_assets
from assets.warehouse import dbt_models, published_warehouse, quality_gate
from pipelines.catalog.loader import Catalog, load_catalog
from pipelines.land.source import CATALOG
from pipelines.settings import Home

JOB_NAME = "nightly_warehouse"


def build_definitions(
    catalog: Catalog | None = None,
    manifest: dict[str, Any] | None = None,
    warehouse: WarehouseResource | None = None,
) -> Definitions:
    """Return the definitions; arguments replace the real catalog, manifest or warehouse in tests and commands."""
    catalog = catalog or load_catalog()
    warehouse = warehouse or WarehouseResource()
    if manifest is None:
        manifest = project_manifest(Home.resolve(warehouse.home or None))
    models = dbt_models(manifest)
    only_backfilled = [by_year_key(name) for name, source in catalog.sources.items() if figure_tables(source)]
    every_day = AssetSelection.all() - AssetSelection.assets(*only_backfilled)
    job = define_asset_job(JOB_NAME, selection=every_day, description="取得から公開まで")
    return Definitions(
        assets=[
            changes(catalog),
            *source_assets(catalog),
            models,
            quality_gate(list(models.keys)),
            published_warehouse(catalog),
        ],
        asset_checks=[freshness_checks(catalog, table_key(CATALOG, "observation"))],
        jobs=[job],
        schedules=[every_night(job, catalog, warehouse)],
        sensors=[failed_nights(warehouse), told_nights(warehouse)],
        resources={"warehouse": warehouse},
        # One process: the sources are small, and dbt and DuckDB want one writer.
        executor=in_process_executor,
    )
