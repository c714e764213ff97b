"""Names of assets that several modules speak of."""

from __future__ import annotations

from dagster import AssetKey

from pipelines.land.source import CATALOG

AREA_KEY = AssetKey([CATALOG, "area"])
CHANGE_KEY = AssetKey([CATALOG, "area_change"])
READ_KEY = AssetKey([CATALOG, "new_files_read"])
CHANGES_KEY = AssetKey(["publication", "changes"])
GATE_KEY = AssetKey(["publication", "quality_gate"])
PUBLISHED_KEY = AssetKey(["publication", "published_warehouse"])


def snapshot_key(source_id: str) -> AssetKey:
    """Return the key of a source's archived files."""
    return AssetKey([source_id, "snapshot"])


def table_key(source_id: str, table: str) -> AssetKey:
    """Return the key of a landed table, equal to its dbt source."""
    return AssetKey([source_id, table])


def by_year_key(source_id: str) -> AssetKey:
    """Return the key of a source's files as they are read year by year in a backfill."""
    return AssetKey([source_id, "files_by_year"])
