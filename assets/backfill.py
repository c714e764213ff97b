"""Backfill: the publishers' files of chosen fiscal years are read again, in one step and by several processes.

The files are partitions of an asset of their own. A backfill of it together with what lies after it reads the chosen
years first, and then runs everything after it once, so that DuckDB is written once.
"""

import warnings

from dagster import (
    AssetExecutionContext,
    AssetsDefinition,
    BackfillPolicy,
    BetaWarning,
    StaticPartitionsDefinition,
    asset,
)

from assets.keys import AREA_KEY, by_year_key, snapshot_key
from assets.resources import WarehouseResource
from pipelines.catalog.loader import Catalog, DescribedSource
from pipelines.land.backfill import chosen_files, fiscal_year_of, read_again
from pipelines.settings import today

_FIRST_YEAR = 1970
# The version is pinned, and a test runs a backfill.
warnings.filterwarnings("ignore", message="Parameter `backfill_policy`", category=BetaWarning)


def fiscal_years() -> StaticPartitionsDefinition:
    """Return the fiscal years that files may describe, up to the present one."""
    present = fiscal_year_of(today().isoformat())
    return StaticPartitionsDefinition([f"FY{year}" for year in range(_FIRST_YEAR, present + 1)])


def figure_tables(source: DescribedSource) -> list[str]:
    """Return the published tables of a source that hold figures."""
    return [name for name, table in source.description.published.items() if table.role == "figures"]


def files_by_year(source: DescribedSource, catalog: Catalog) -> AssetsDefinition:
    """Return the asset of a source's files by fiscal year; only a backfill runs it."""
    names = figure_tables(source)

    @asset(
        key=by_year_key(source.source_id),
        deps=[snapshot_key(source.source_id), AREA_KEY],
        group_name=source.source_id,
        kinds={"parquet"},
        partitions_def=fiscal_years(),
        backfill_policy=BackfillPolicy.single_run(),
        description="年度を選んでファイルを読み直す（バックフィル専用）",
    )
    def by_year(context: AssetExecutionContext, warehouse: WarehouseResource) -> None:
        home = warehouse.get_home()
        chosen = {int(key.removeprefix("FY")): key for key in context.partition_keys}
        records = read_again(catalog, home, chosen_files(home, source, names, chosen))
        for year, key in chosen.items():
            read = [record for record in records if record.period and fiscal_year_of(record.period) == year]
            metadata = {
                "files": {record.file_name: record.snapshot_sha256 for record in read},
                "refused": sum(not record.accepted for record in read),
                "dagster/row_count": sum(record.figures for record in read),
            }
            context.add_asset_metadata(metadata, partition_key=key)

    return by_year
