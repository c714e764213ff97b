"""Read every `sources/*/source.yml`; a description that is wrong stops the run with the file's name."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import yaml
from pydantic import ValidationError

from pipelines.catalog.corrections import Correction, read_corrections
from pipelines.catalog.errors import SourceDescriptionError
from pipelines.catalog.kinds import written_out
from pipelines.catalog.models import Item, Source
from pipelines.catalog.vocabulary import load_vocabulary
from pipelines.normalize.units import UnitError, convert
from pipelines.settings import SOURCES_DIR

# The parser written in C reads the same ten times as fast; it is not in every build of the library.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True)
class DescribedSource:
    """A source with the folder it is described in."""

    description: Source
    folder: Path
    corrections: tuple[Correction, ...] = ()

    @property
    def source_id(self) -> str:
        """Return the source's name, equal to its folder's."""
        return self.description.source_id

    @property
    def is_on_the_web(self) -> bool:
        """Return whether any of its tables says where on the web its files are."""
        return any(table.is_on_the_web for table in self.description.published.values())


@dataclass(frozen=True)
class Catalog:
    """All sources and all items, by id."""

    sources: dict[str, DescribedSource]
    items: dict[str, Item]

    def unit_of(self, item_id: str) -> str:
        """Return the unit in which an item's values are kept."""
        return self.items[item_id].unit


def _read(path: Path) -> Source:
    try:
        content = yaml.load(path.read_text(encoding="utf-8"), Loader=_LOADER)  # noqa: S506
        return Source.model_validate(written_out(content))
    except (yaml.YAMLError, ValidationError) as error:
        raise SourceDescriptionError(f"{path}: {error}") from error


def _corrections(folder: Path, source: Source) -> tuple[Correction, ...]:
    try:
        corrections = read_corrections(folder)
    except (yaml.YAMLError, ValueError) as error:
        raise SourceDescriptionError(f"{folder / 'corrections.yml'}: {error}") from error
    unknown = sorted({entry.table for entry in corrections} - source.published.keys())
    if unknown:
        raise SourceDescriptionError(f"{folder / 'corrections.yml'}: unknown tables {unknown}")
    return tuple(corrections)


def load_catalog(sources_dir: Path = SOURCES_DIR) -> Catalog:
    """Return the catalog; raise SourceDescriptionError for a wrong or contradictory description."""
    sources: dict[str, DescribedSource] = {}
    items: dict[str, Item] = {}
    for path in sorted(sources_dir.glob("[!_]*/source.yml")):
        source = _read(path)
        if source.source_id != path.parent.name:
            raise SourceDescriptionError(f"{path}: source_id {source.source_id} is not the folder's name")
        twice = items.keys() & source.items.keys()
        if twice:
            raise SourceDescriptionError(f"{path}: items defined by another source already: {sorted(twice)}")
        sources[source.source_id] = DescribedSource(source, path.parent, _corrections(path.parent, source))
        items.update(source.items)
    _check_measured_items(sources, items)
    for described in sources.values():
        _check_published(described, items)
    return Catalog(sources, items)


def _check_measured_items(sources: dict[str, DescribedSource], items: dict[str, Item]) -> None:
    for source in sources.values():
        for name, table in source.description.tables.items():
            for key, column in table.columns.items():
                if column.measures and column.measures.item_id not in items:
                    raise SourceDescriptionError(
                        f"{source.folder / 'source.yml'}: {name}.{key} measures the unknown item "
                        f"{column.measures.item_id}"
                    )


def _check_published(source: DescribedSource, items: dict[str, Item]) -> None:
    """Raise for a published column that measures an unknown item or series, or in a unit that does not convert."""
    units = load_vocabulary().unit_table()
    # A bundled table of the source may measure series of the register of cited figures; dbt tests that they exist.
    bundled = [column for table in source.description.tables.values() for column in table.columns.values()]
    series = source.description.series.keys() | {
        column.measures.series_id for column in bundled if column.measures
    }
    for name, table in source.description.published.items():
        for layout in table.layouts:
            for key, column in layout.columns.items():
                for measure in column.measures:
                    place = f"{source.folder / 'source.yml'}: {name}.{key}"
                    if measure.item_id not in items:
                        raise SourceDescriptionError(f"{place} measures the unknown item {measure.item_id}")
                    if measure.series_id not in series:
                        raise SourceDescriptionError(f"{place} names the unknown series {measure.series_id}")
                    try:
                        convert(Decimal(1), str(column.unit), items[measure.item_id].unit, units)
                    except UnitError as error:
                        raise SourceDescriptionError(f"{place}: {error}") from error
