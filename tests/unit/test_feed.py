"""The feed: valid Atom 1.0 with stable ids, in both languages, whatever the words hold."""

from __future__ import annotations

from xml.etree import ElementTree

import feedparser

from pipelines.open_data.feed import Published, feed_text

FIRST = Published("20261123T000001+0900", "2026-11-23T00:00:10+09:00", None)
SECOND = Published(
    "20261124T000001+0900",
    "2026-11-24T00:00:10+09:00",
    {
        "verdicts": {"added": 0, "changed": 1, "removed": 0},
        "figures": {"added": 1200, "revised": 2, "removed": 0},
    },
    {"ja": ["判定 変更: <b>クラウド</b> & \x0b 全国"], "en": ["verdict changed: Cloud Japan"]},
)
ATOM = "{http://www.w3.org/2005/Atom}"


def test_feed_is_read_without_a_complaint() -> None:
    read = feedparser.parse(feed_text([SECOND, FIRST], "https://data.example.jp/mieruka/"))
    assert not read.bozo
    assert read.version == "atom10"
    assert read.feed.id == "tag:data.example.jp,2026:mieruka"
    assert [entry.id for entry in read.entries] == [
        "tag:data.example.jp,2026:mieruka:version:20261124T000001+0900",
        "tag:data.example.jp,2026:mieruka:version:20261123T000001+0900",
    ]
    assert read.feed.updated == SECOND.moment
    assert read.entries[0].title == (
        "判定の変更 1件、数値の追加 1,200件、数値の改定 2件 / 1 verdicts changed, 1,200 figures added, 2 figures revised"
    )
    assert [tag.term for tag in read.entries[0].tags] == ["figures", "verdicts"]


def test_every_element_that_atom_asks_for_is_there_once() -> None:
    root = ElementTree.fromstring(feed_text([SECOND, FIRST]))  # noqa: S314
    for element in (root, *root.iter(f"{ATOM}entry")):
        for name in ("id", "title", "updated"):
            assert len(element.findall(ATOM + name)) == 1, name
    assert root.find(f"{ATOM}author/{ATOM}name") is not None
    assert len({entry.findtext(f"{ATOM}id") for entry in root.iter(f"{ATOM}entry")}) == 2
    assert [link.get("href") for link in root.findall(f"{ATOM}link")] == ["feed.atom", "api/v1/index.json"]


def test_words_are_escaped_and_what_xml_cannot_hold_is_marked() -> None:
    root = ElementTree.fromstring(feed_text([SECOND]))  # noqa: S314
    content = root.findtext(f"{ATOM}entry/{ATOM}content") or ""
    assert "&lt;b&gt;クラウド&lt;/b&gt; &amp; \ufffd 全国" in content
    assert '<ul lang="en"><li>verdict changed: Cloud Japan</li></ul>' in content


def test_rollback_has_an_entry_of_its_own() -> None:
    back = Published(FIRST.version, "2026-11-25T00:00:00+09:00", None, is_rollback=True)
    read = feedparser.parse(feed_text([back, SECOND, FIRST]))
    assert len({entry.id for entry in read.entries}) == 3
    assert "に戻しました" in read.entries[0].title


def test_empty_home_gives_an_empty_feed() -> None:
    read = feedparser.parse(feed_text([]))
    assert not read.bozo
    assert read.entries == []
