"""Acquisition: bytes archived once, links not followed, nothing lost when a file is missing."""

from __future__ import annotations

import os
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import yaml

import pipelines.acquire.archive
import pipelines.acquire.fetch
from pipelines.acquire.archive import Archive, FileTooLargeError
from pipelines.acquire.fetch import UnsafeLinkError, acquire, has_new_bytes, locate
from pipelines.catalog.loader import DescribedSource, load_catalog
from pipelines.catalog.models import Source
from pipelines.files import sha256_of
from pipelines.quarantine import ACQUISITION, read_defects
from pipelines.settings import TIMEZONE, Home

LABEL = {"ja": "名", "en": "name"}


def _table(file: str) -> dict[str, Any]:
    return {
        "file": file,
        "role": "reference",
        "title": LABEL,
        "grain": ["key"],
        "anchor": "key",
        "columns": {"key": {"type": "text"}},
    }


@pytest.fixture
def source(tmp_path: Path) -> DescribedSource:
    folder = tmp_path / "sources" / "one"
    folder.mkdir(parents=True)
    content = {
        "source_id": "one",
        "publisher": LABEL,
        "title": LABEL,
        "licence": "pdl_1",
        "landing_url": "https://example.jp",
        "cadence": "yearly",
        "tables": {"first": _table("first.csv"), "second": _table("second.csv")},
    }
    (folder / "source.yml").write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    (folder / "first.csv").write_text("key\na\n")
    (folder / "second.csv").write_text("key\nb\n")
    return load_catalog(tmp_path / "sources").sources["one"]


def archived(home: Home) -> list[Path]:
    return sorted(path for path in home.archive.rglob("*") if path.is_file())


def test_bytes_are_archived_under_their_hash(source: DescribedSource, home: Home) -> None:
    snapshots, defects = acquire(source, home)
    assert defects == []
    assert [entry.table for entry in snapshots] == ["first", "second"]
    for entry in snapshots:
        path = Archive(home).path_of(entry.snapshot_sha256)
        assert path.read_bytes() == (source.folder / entry.file_name).read_bytes()
        assert sha256_of(path) == entry.snapshot_sha256
        assert entry.bytes == path.stat().st_size


def test_files_that_come_together_come_at_one_moment(
    source: DescribedSource, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    seconds = iter(range(60))
    monkeypatch.setattr(
        pipelines.acquire.fetch, "now", lambda: datetime(2026, 11, 23, 2, 0, next(seconds), tzinfo=TIMEZONE)
    )
    snapshots, _ = acquire(source, home)
    assert len({entry.retrieved_at for entry in snapshots}) == 1


def test_second_identical_download_is_the_first_snapshot(
    source: DescribedSource, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, _ = acquire(source, home)
    files = {path: path.stat().st_mtime_ns for path in archived(home)}
    moment = pipelines.acquire.fetch.now().replace(year=2099)
    monkeypatch.setattr(pipelines.acquire.fetch, "now", lambda: moment)
    second, _ = acquire(source, home)
    assert second == first
    assert Archive(home).snapshots() == first
    assert {path: path.stat().st_mtime_ns for path in archived(home)} == files


def test_changed_file_is_a_new_snapshot_and_the_old_one_is_kept(source: DescribedSource, home: Home) -> None:
    old, _ = acquire(source, home)
    (source.folder / "first.csv").write_text("key\nc\n")
    new, _ = acquire(source, home)
    archive = Archive(home)
    assert new[0].snapshot_sha256 != old[0].snapshot_sha256
    assert new[1] == old[1]
    assert archive.snapshots() == [*old, new[0]]
    assert archive.current("one") == new
    assert archive.path_of(old[0].snapshot_sha256).read_text() == "key\na\n"


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """A clock that goes on by a minute whenever it is looked at."""
    minutes = count()
    began = datetime(2026, 4, 1, tzinfo=TIMEZONE)
    monkeypatch.setattr(pipelines.acquire.fetch, "now", lambda: began + timedelta(minutes=next(minutes)))


@pytest.mark.usefixtures("clock")
def test_earlier_bytes_that_return_are_held_once_and_are_the_newest_again(
    source: DescribedSource, home: Home
) -> None:
    first, _ = acquire(source, home)
    (source.folder / "first.csv").write_text("key\nc\n")
    wrong, _ = acquire(source, home)
    (source.folder / "first.csv").write_text("key\na\n")
    returned, _ = acquire(source, home)
    assert returned[0].snapshot_sha256 == first[0].snapshot_sha256
    assert returned[0].retrieved_at > wrong[0].retrieved_at
    assert Archive(home).snapshots() == [first[1], wrong[0], returned[0]]
    assert acquire(source, home)[0] == returned


@pytest.mark.usefixtures("clock")
def test_a_publishers_file_that_returns_to_earlier_bytes_is_noticed_once(tmp_path: Path, home: Home) -> None:
    source, origin = published_source(tmp_path), tmp_path / "origin"
    origin.mkdir()
    for content in (b"right", b"wrong", b"right"):
        (origin / "H27.xlsx").write_bytes(content)
        assert has_new_bytes(source, home, origin)
        current, _ = acquire(source, home, origin)
        assert not has_new_bytes(source, home, origin)
    newest = max(current, key=lambda entry: entry.retrieved_at)
    assert Archive(home).path_of(newest.snapshot_sha256).read_bytes() == b"right"
    assert len(current) == 2
    assert acquire(source, home, origin)[0] == current


@pytest.mark.usefixtures("clock")
def test_two_files_of_one_name_in_two_folders_do_not_take_turns(tmp_path: Path, home: Home) -> None:
    source, origin = published_source(tmp_path), tmp_path / "origin"
    for folder in ("one", "other"):
        (origin / folder).mkdir(parents=True)
        (origin / folder / "H27.xlsx").write_bytes(folder.encode())
    first, _ = acquire(source, home, origin)
    assert not has_new_bytes(source, home, origin)
    assert acquire(source, home, origin)[0] == first


def test_a_file_that_cannot_be_read_is_named_and_the_others_are_taken(
    source: DescribedSource, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, _ = acquire(source, home)
    (source.folder / "second.csv").write_text("key\nd\n")

    def forbidden(path: Path) -> str:
        if path.name == "first.csv":
            raise PermissionError(13, "Permission denied", str(path))
        return sha256_of(path)

    for module in (pipelines.acquire.archive, pipelines.acquire.fetch):
        monkeypatch.setattr(module, "sha256_of", forbidden)
    assert has_new_bytes(source, home)
    current, defects = acquire(source, home)
    assert [(defect.rule, defect.file, defect.found) for defect in defects] == [
        ("file_not_readable", "first.csv", "first.csv: Permission denied")
    ]
    assert before[0] in current
    assert before[1] not in current


def test_truncated_archive_file_is_written_anew(source: DescribedSource, home: Home) -> None:
    snapshots, _ = acquire(source, home)
    path = Archive(home).path_of(snapshots[0].snapshot_sha256)
    path.write_bytes(b"ke")
    acquire(source, home)
    assert path.read_text() == "key\na\n"


def test_file_too_large_is_refused_and_the_last_snapshot_stays(
    source: DescribedSource, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, _ = acquire(source, home)
    monkeypatch.setattr(pipelines.acquire.archive, "MAX_BYTES", 6)
    (source.folder / "first.csv").write_text("key\ntoo large\n")
    current, defects = acquire(source, home)
    assert [(defect.rule, defect.file, defect.table) for defect in defects] == [
        ("file_too_large", "first.csv", "first")
    ]
    assert set(current) == set(before)
    assert len(archived(home)) == 2


@pytest.mark.parametrize(("size", "fits"), [(6, True), (7, False)])
def test_size_limit_is_inclusive(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int, fits: bool
) -> None:
    monkeypatch.setattr(pipelines.acquire.archive, "MAX_BYTES", 6)
    path = tmp_path / "file"
    path.write_bytes(b"x" * size)
    if fits:
        assert Archive(home).store(path) == sha256_of(path)
    else:
        with pytest.raises(FileTooLargeError, match="7 > 6"):
            Archive(home).store(path)


def test_missing_file_keeps_the_last_snapshot_and_is_reported(source: DescribedSource, home: Home) -> None:
    before, _ = acquire(source, home)
    (source.folder / "first.csv").unlink()
    current, defects = acquire(source, home)
    assert set(current) == set(before)
    assert set(Archive(home).current("one")) == set(before)
    assert [(defect.rule, defect.file, defect.row) for defect in defects] == [
        ("file_missing", "first.csv", None)
    ]
    assert read_defects(home, "one", ACQUISITION) == defects


def test_report_of_a_missing_file_goes_when_the_file_is_back(source: DescribedSource, home: Home) -> None:
    text = (source.folder / "first.csv").read_text()
    (source.folder / "first.csv").unlink()
    assert acquire(source, home)[1]
    (source.folder / "first.csv").write_text(text)
    assert acquire(source, home)[1] == []
    assert read_defects(home, "one", ACQUISITION) == []


def test_file_missing_from_the_start_gives_no_snapshot(source: DescribedSource, home: Home) -> None:
    (source.folder / "first.csv").unlink()
    assert [entry.table for entry in acquire(source, home)[0]] == ["second"]


@pytest.mark.parametrize("below", ["one", ""])
def test_file_of_the_origin_goes_before_the_repository(
    source: DescribedSource, tmp_path: Path, below: str
) -> None:
    origin = tmp_path / "origin"
    (origin / below).mkdir(parents=True, exist_ok=True)
    (origin / below / "first.csv").write_text("key\nz\n")
    assert locate(source, "first.csv", origin) == origin / below / "first.csv"
    assert locate(source, "second.csv", origin) == source.folder / "second.csv"


@pytest.mark.parametrize("relative", [False, True])
def test_link_out_of_the_folder_is_not_followed(
    source: DescribedSource, home: Home, tmp_path: Path, relative: bool
) -> None:
    secret = tmp_path / "secret.csv"
    secret.write_text("key\nsecret\n")
    link = source.folder / "first.csv"
    link.unlink()
    link.symlink_to(os.path.relpath(secret, link.parent) if relative else secret)
    with pytest.raises(UnsafeLinkError):
        locate(source, "first.csv")
    assert [defect.rule for defect in acquire(source, home)[1]] == ["link_out_of_folder"]
    assert all(b"secret" not in path.read_bytes() for path in archived(home))


def test_link_inside_the_folder_is_followed(source: DescribedSource) -> None:
    link = source.folder / "first.csv"
    link.unlink()
    link.symlink_to("second.csv")
    assert locate(source, "first.csv") == link


def test_folder_of_the_files_name_is_no_file(source: DescribedSource) -> None:
    (source.folder / "first.csv").unlink()
    (source.folder / "first.csv").mkdir()
    assert locate(source, "first.csv") is None


def test_new_bytes_are_noticed(source: DescribedSource, home: Home) -> None:
    assert has_new_bytes(source, home)
    acquire(source, home)
    assert not has_new_bytes(source, home)
    (source.folder / "second.csv").write_text("key\nc\n")
    assert has_new_bytes(source, home)


def test_missing_file_is_noticed(source: DescribedSource, home: Home) -> None:
    acquire(source, home)
    (source.folder / "second.csv").unlink()
    assert has_new_bytes(source, home)


def test_one_content_under_two_years_is_taken_once(tmp_path: Path, home: Home) -> None:
    source = published_source(tmp_path)
    origin = tmp_path / "origin"
    origin.mkdir()
    (origin / "H27.xlsx").write_bytes(b"the same bytes")
    first, defects = acquire(source, home, origin)
    assert ([entry.file_name for entry in first], defects) == (["H27.xlsx"], [])
    (origin / "H28.xlsx").write_bytes(b"the same bytes")
    (origin / "H27 (1).xlsx").write_bytes(b"the same bytes")
    second, defects = acquire(source, home, origin)
    assert {entry.snapshot_sha256 for entry in second} == {first[0].snapshot_sha256}
    assert [(defect.rule, defect.file, defect.found) for defect in defects] == [
        ("same_bytes_two_years", "H28.xlsx", "H27.xlsx")
    ]


def test_two_years_of_one_content_at_once_are_both_doubted(tmp_path: Path, home: Home) -> None:
    source = published_source(tmp_path)
    origin = tmp_path / "origin"
    origin.mkdir()
    for name in ("H27.xlsx", "H28.xlsx"):
        (origin / name).write_bytes(b"the same bytes")
    snapshots, defects = acquire(source, home, origin)
    assert snapshots == []
    assert {defect.file for defect in defects} == {"H27.xlsx", "H28.xlsx"}


def test_a_name_with_an_impossible_year_stops_no_acquisition(tmp_path: Path, home: Home) -> None:
    source, origin = published_source(tmp_path), tmp_path / "origin"
    origin.mkdir()
    for name in ("H27.xlsx", "昭和99年.xlsx"):
        (origin / name).write_bytes(b"the same bytes")
    snapshots, defects = acquire(source, home, origin)
    assert len({entry.snapshot_sha256 for entry in snapshots}) == 1
    assert defects == []


def published_source(folder: Path) -> DescribedSource:
    label = {"ja": "見本", "en": "sample"}
    table = {
        "role": "reference", "title": label, "files": ["*.xlsx"],
        "period": {"kind": "fiscal_year", "file": ["(?:^|/){year}\\D"]},
        "layouts": [{"from": 2000, "sheet": ["*"], "anchor": ["A"], "columns": {"a": {"from": ["A"], "type": "text"}}}],
    }  # fmt: skip
    description = {
        "source_id": "made_up", "publisher": label, "title": label, "licence": "pdl_1",
        "landing_url": "https://example.org/", "cadence": "yearly", "published": {"indices": table},
    }  # fmt: skip
    return DescribedSource(Source.model_validate(description), folder)
