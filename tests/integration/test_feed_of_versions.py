"""The feed of real publications: what each changed, in words, and a rollback."""

from __future__ import annotations

from pathlib import Path

import feedparser

from pipelines.open_data.feed import publications, write_feed
from pipelines.publish.rollback import roll_back
from pipelines.settings import Home, now
from tests.small_warehouse import DAY, publish_small, version_id


def titles(home: Home, folder: Path) -> list[str]:
    write_feed(home, folder)
    read = feedparser.parse((folder / "feed.atom").read_bytes())
    assert not read.bozo
    return [entry.title for entry in read.entries]


def test_each_publication_says_what_it_changed(home: Home, tmp_path: Path) -> None:
    publish_small(home, 1)
    publish_small(home, 2, "update marts.fct_observation set value = 7 where area_code = '131016'")
    publish_small(
        home,
        3,
        "update marts.fct_observation set value = 7 where area_code = '131016'",
        "update marts.kpi_progress set status = 'achieved', grade = 'A'",
    )
    changed = titles(home, tmp_path)
    assert "判定の変更 1件" in changed[0]
    assert changed[1] == "数値の改定 1件 / 1 figures revised"
    assert version_id(1) in changed[2]
    words = publications(home)[1].words
    assert "1団体 → 7団体" in words["ja"][0]
    assert "1 → 7" in words["en"][0]


def test_rollback_is_told_and_what_it_took_back_is_not(home: Home, tmp_path: Path) -> None:
    publish_small(home, 1)
    publish_small(home, 2, "update marts.fct_observation set value = 7 where area_code = '131016'")
    roll_back(home, version_id(1), "inputs", DAY, now())
    changed = titles(home, tmp_path)
    assert len(changed) == 2
    assert "に戻しました" in changed[0]
    assert "公開しました" in changed[1]


def test_nothing_published_gives_an_empty_feed(home: Home, tmp_path: Path) -> None:
    assert titles(home, tmp_path) == []
