"""The plan's target for the operating cost of local information systems, from the register of targets."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from pipelines.acquire.archive import Snapshot
from pipelines.catalog.loader import Catalog
from pipelines.contracts.cells import read_cells
from pipelines.extract.grid import read_grid
from pipelines.extract.table import Place, read_table
from pipelines.files import sha256_of

REGISTER, TABLE = "cao__reform_roadmap_2017", "targets"
MEASURE = "local_it_operating_cost"


@dataclass(frozen=True)
class Target:
    """A cut in percent that a plan wants, with its wording; it is set beside the cloud tasks."""

    measure_id: str
    target_version: str
    cut: Decimal
    text_ja: str | None
    source_url: str


def cloud_target(catalog: Catalog) -> Target | None:
    """Return the roadmap's own target of the measure; None when the register states no such cut."""
    source = catalog.sources[REGISTER]
    table = source.description.tables[TABLE]
    path = source.folder / table.file
    snapshot = Snapshot(
        sha256_of(path), REGISTER, TABLE, table.file, path.as_uri(), "", None, path.stat().st_size
    )
    place = Place(REGISTER, TABLE, snapshot)
    raw, _ = read_table(read_grid(path, table.file), table, place)
    if raw is None:
        return None
    frame, _ = read_cells(raw.frame, table, place)
    for row in frame.to_dicts():
        if row["measure_id"] == MEASURE and row["is_primary"] and row["target_type"] == "change":
            return Target(
                MEASURE, row["target_version"], -row["target_value"], row["target_text_ja"], row["source_url"]
            )  # fmt: skip
    return None
