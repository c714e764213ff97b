"""Write `docs/publisher-files.md`: how each publisher's file held in a home was read.

Usage: python docs/generate_file_table.py [--home DIR]
"""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path

from pipelines.catalog.loader import Catalog, load_catalog
from pipelines.files import write_atomically
from pipelines.land.publication import FileRecord, read_records
from pipelines.settings import Home

TARGET = Path(__file__).parent / "publisher-files.md"
_INTRODUCTION = """# Publishers' files as read

Written by `docs/generate_file_table.py` from the records of a run over a folder of publishers' files. One row a file
and table: the period it describes, the figures read, the rows matched to a body, the rows quarantined because their
body is unknown or ambiguous, the printed sums and means compared with the rows (and how many differ), all other
defects, and the seconds it took to read (two cores, one process).

"""
_HEAD = (
    "| file | period | figures | bodies | quarantined | sums (differ) | other defects | seconds |\n"
    "| --- | --- | ---: | ---: | ---: | ---: | --- | ---: |\n"
)


def _row(record: FileRecord) -> str:
    rules = Counter(str(defect["rule"]) for defect in record.defects)
    differing = rules.pop("total_differs", 0)
    others = ", ".join(f"{rule} {count}" for rule, count in sorted(rules.items()))
    figures = f"{record.figures:,}" if record.accepted else "refused"
    return (
        f"| {record.file_name} | {record.period or '?'} | {figures} | {record.bodies:,} | {record.unresolved_rows:,} "
        f"| {record.sums_compared:,} ({differing}) | {others} | {record.seconds:.2f} |\n"
    )


def render(home: Home, catalog: Catalog) -> str:
    """Return the whole page for the files that a home holds."""
    parts = [_INTRODUCTION]
    for source in catalog.sources.values():
        for name, table in source.description.published.items():
            records = sorted(
                read_records(home, source, name), key=lambda record: (record.period or "", record.file_name)
            )
            seen = (
                ""
                if table.genuine_file_seen
                else " — built from the documented layout, not yet run on a genuine file"
            )
            parts.append(f"## {source.source_id}.{name}\n\n{table.title.en} ({table.title.ja}){seen}\n\n")
            parts.append(_HEAD + "".join(map(_row, records)) + "\n" if records else "No file held.\n\n")
    return "".join(parts)


def main() -> None:
    """Write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home")
    home = Home.resolve(parser.parse_args().home)
    write_atomically(TARGET, render(home, load_catalog()))


if __name__ == "__main__":
    main()
