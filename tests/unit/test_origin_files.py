"""Which files of an origin folder are looked at: every one below it, in order, and none outside of it."""

from __future__ import annotations

from pathlib import Path

from pipelines.acquire.origin import files_of, passed_over
from pipelines.catalog.loader import Catalog


def _put(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name, encoding="utf-8")


def test_files_come_in_the_order_of_their_paths(tmp_path: Path) -> None:
    _put(tmp_path, "b.csv", "a-z.csv", "a/2.csv", "a/1/3.csv", "c/1.csv")
    assert [file.name for file in files_of(tmp_path)] == [
        "a/1/3.csv",
        "a/2.csv",
        "a-z.csv",
        "b.csv",
        "c/1.csv",
    ]


def test_hidden_files_and_folders_are_passed_over(tmp_path: Path) -> None:
    _put(tmp_path, "1.csv", ".2.csv", "~$3.xlsx", ".git/4.csv")
    assert [file.name for file in files_of(tmp_path)] == ["1.csv"]


def test_only_links_that_stay_inside_are_followed_and_only_to_files(tmp_path: Path) -> None:
    outside, origin = tmp_path / "outside", tmp_path / "origin"
    _put(outside, "secret.csv")
    _put(origin, "real/1.csv")
    (origin / "within.csv").symlink_to("real/1.csv")
    (origin / "out.csv").symlink_to(outside / "secret.csv")
    (origin / "nowhere.csv").symlink_to("missing.csv")
    (origin / "folder").symlink_to(outside)
    assert [file.name for file in files_of(origin)] == ["real/1.csv", "within.csv"]


def test_the_origin_itself_may_be_a_link(tmp_path: Path) -> None:
    _put(tmp_path / "real", "1.csv")
    (tmp_path / "origin").symlink_to("real")
    assert [file.name for file in files_of(tmp_path / "origin")] == ["1.csv"]


def test_files_that_no_source_describes_are_named(catalog: Catalog, tmp_path: Path) -> None:
    _put(tmp_path, "population/1903ssjin.xlsx", "R05_全市町村の主要財政指標_000983094.xlsx", "001057555.xlsx")
    _put(
        tmp_path,
        "mieruka__cited_figures/figures.csv",
        "figures.csv",
        "elsewhere/figures.csv",
        "読んでください.txt",
    )
    assert passed_over(catalog.sources.values(), tmp_path) == [
        "001057555.xlsx",
        "elsewhere/figures.csv",
        "読んでください.txt",
    ]
