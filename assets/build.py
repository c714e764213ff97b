"""Everything that runs, and when: built once, for Dagster's entry point or for a command's own warehouse."""

from __future__ import annotations

from typing import Any

from dagster import (
    AssetSelection,
    Definitions,
    ScheduleDefinition,
    define_asset_job,
    in_process_executor,
)

from assets.dbt_runner import DbtRunner
from assets.resources import WarehouseResource
from assets.sources import source_assets
from assets.warehouse import dbt_models, published_warehouse, quality_gate
from pipelines.catalog.loader import Catalog, load_catalog
from pipelines.settings import Home, today

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
        manifest = DbtRunner(Home.resolve(warehouse.home or None), today()).manifest()
    models = dbt_models(manifest)
    job = define_asset_job(JOB_NAME, selection=AssetSelection.all(), description="取得から公開まで")
    return Definitions(
        assets=[
            *source_assets(catalog),
            models,
            quality_gate(list(models.keys)),
            published_warehouse(catalog),
        ],
        jobs=[job],
        schedules=[
            ScheduleDefinition(
                name="every_night", job=job, cron_schedule="0 2 * * *", execution_timezone="Asia/Tokyo"
            )
        ],
        resources={"warehouse": warehouse},
        # One process: the sources are small, and dbt and DuckDB want one writer.
        executor=in_process_executor,
    )
