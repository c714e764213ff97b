"""Named points of a run at which it can be stopped, in the words of `pipelines.faults`."""

from __future__ import annotations

POINTS: dict[str, str] = {
    "acquisition begins": "step.acquire",
    "acquisition of the ninth source": "step.acquire@9",
    "archive: bytes written, not synced": "file.written,*/archive/*",
    "archive: synced, not renamed": "file.synced,*/archive/*",
    "archive: renamed, folder not synced": "file.renamed,*/archive/*",
    "register: written beside the archive": "file.done,*/archive.json",
    "register: not yet renamed": "file.synced,*/state/snapshots.json",
    "current snapshots: renamed": "file.renamed,*/state/current/*",
    "landing begins": "step.land",
    "landed table: not synced": "file.written,*/raw/*",
    "landed table: renamed, its record not written": "file.done,*/raw/*@3",
    "record of what was refused: not renamed": "file.synced,*/quarantine/*@40",
    "figures of all sources: not synced": "file.written,*/raw/catalog/observation/*.parquet",
    "figures of all sources: renamed": "file.renamed,*/raw/catalog/observation/*.parquet",
    "models: the first is built": "step.build@2",
    "models: between two": "step.build@60",
    "models: near the end": "step.build@120",
    "gate: before": "step.gate",
    "gate: report written": "file.done,*/reports/*",
    "publication: before the copy": "step.publish",
    "publication: copied": "publish.copied",
    "publication: scaffolding dropped": "publish.reduced",
    "publication: database complete, no other file": "publish.compacted",
    "publication: all files written, version described": "file.done,*/published/versions/*/manifest.json",
    "publication: all files synced, nothing renamed": "publish.finished",
    "publication: database linked, not synced": "file.written,*/published/mieruka.duckdb",
    "publication: database synced, not renamed": "file.synced,*/published/mieruka.duckdb",
    "publication: database renamed, folder not synced": "file.renamed,*/published/mieruka.duckdb",
    "publication: database done, nothing else yet": "publish.published",
    "publication: version named": "publish.kept",
    "publication: files beside the database exchanged": "publish.pointed",
    "publication: state not renamed": "file.synced,*/state/published.json",
    "publication: state renamed, run not recorded": "file.done,*/state/published.json",
    "run recorded, not renamed": "file.synced,*/state/runs.jsonl",
    "run recorded": "file.done,*/state/runs.jsonl",
}
# Errors of the disk, at points that write.
ERRORS: dict[str, str] = {
    f"{action} at {point}": f"{POINTS[point]}:{action}"
    for action in ("ENOSPC", "EIO", "EROFS", "short")
    for point in (
        "archive: bytes written, not synced",
        "register: not yet renamed",
        "landed table: not synced",
        "record of what was refused: not renamed",
        "figures of all sources: not synced",
        "publication: copied",
        "publication: database complete, no other file",
        "publication: database synced, not renamed",
        "publication: state not renamed",
    )
}
