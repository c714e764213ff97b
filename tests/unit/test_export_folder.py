"""The folder of an export: other people's files stay, a failed export changes nothing, a new one replaces its own only."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.export.folder import RECORD, ForeignFileError, export_folder, other_files


def export(folder: Path, *names: str, text: str = "new") -> None:
    with export_folder(folder, "v1") as staging:
        for name in names:
            (staging / name).parent.mkdir(parents=True, exist_ok=True)
            (staging / name).write_text(text)


def fail_in(folder: Path) -> None:
    with export_folder(folder, "v2") as staging:
        (staging / "a.csv").write_text("half")
        raise RuntimeError


def names_in(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_second_export_replaces_only_its_own_files(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    export(tmp_path, "csv/a.csv", "csv/b.csv", "parquet/a.parquet", text="old")
    (tmp_path / "csv" / "notes.txt").write_text("mine")
    export(tmp_path, "csv/a.csv")
    assert names_in(tmp_path) == [RECORD, "csv/a.csv", "csv/notes.txt", "mine.txt"]
    assert (tmp_path / "csv" / "a.csv").read_text() == "new"
    assert not (tmp_path / "parquet").exists()


def test_file_of_anothers_is_never_overwritten(tmp_path: Path) -> None:
    (tmp_path / "csv").mkdir()
    (tmp_path / "csv" / "b.csv").write_text("mine")
    with pytest.raises(ForeignFileError):
        export(tmp_path, "csv/a.csv", "csv/b.csv")
    assert names_in(tmp_path) == ["csv/b.csv"]
    assert (tmp_path / "csv" / "b.csv").read_text() == "mine"


def test_failed_export_leaves_the_one_before(tmp_path: Path) -> None:
    export(tmp_path, "a.csv", text="old")
    with pytest.raises(RuntimeError):
        fail_in(tmp_path)
    assert names_in(tmp_path) == [RECORD, "a.csv"]
    assert (tmp_path / "a.csv").read_text() == "old"


def test_altered_record_leads_nowhere_else(tmp_path: Path) -> None:
    outside = tmp_path / "outside.txt"
    outside.write_text("mine")
    folder = tmp_path / "to"
    export(folder, "a.csv")
    record = (folder / RECORD).read_text().replace("a.csv", "../outside.txt")
    (folder / RECORD).write_text(record)
    # A record that is not as it was written counts for nothing: what it lists is another's.
    with pytest.raises(ForeignFileError):
        export(folder, "a.csv")
    assert outside.read_text() == "mine"


def test_what_a_killed_export_left_is_cleared_and_not_counted(tmp_path: Path) -> None:
    (tmp_path / ".mieruka-export-killed").mkdir()
    (tmp_path / ".mieruka-export-killed" / "a.csv").write_text("half")
    assert other_files(tmp_path) == 0
    export(tmp_path, "a.csv")
    assert other_files(tmp_path) == 0
    (tmp_path / "mine.txt").write_text("mine")
    assert other_files(tmp_path) == 1
    assert names_in(tmp_path) == [RECORD, "a.csv", "mine.txt"]
