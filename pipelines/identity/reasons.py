"""改正事由 of e-Stat's 廃置分合等情報, read into what ends, what begins and what goes on.

A text names bodies with their 5-digit codes: `甲町(99301)、乙村(99302)が合併し、丙市(99201)を新設`. The bodies
are replaced by marks first, so that the rules see the wording alone; a wording without a rule is reported.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from itertools import product


@dataclass(frozen=True)
class Body:
    """A body as a reason names it; the reading only where the reason prints it."""

    code: str
    name: str
    kana: str | None = None


@dataclass(frozen=True)
class Clause:
    """One statement of a reason.

    `pairs` lead from each body to what it became. `ends` are the bodies that cease under their code unless they
    are also what became of it; `begins` those that did not exist under theirs.
    """

    kind: str
    pairs: tuple[tuple[Body, Body], ...]
    ends: tuple[Body, ...] = ()
    begins: tuple[Body, ...] = ()


_CODE = re.compile(r"\((?:(?P<kana>[^()\d]+)、)?(?P<code>\d{5})\)")
_LAST_WORDS = re.compile(r"[^、がとのを\s()<>][^、がとを\s()<>]*$")
_MARK = re.compile(r"<(\d+)>")
_IN_PART = re.compile(r"<\d+>大字")
# 長野県山口村(20431), 二戸郡安代町(03523): the prefecture or district in front of a body.
_IN_FRONT = re.compile(r"[^、がと<>\s]+?(?:都|道|府|県|郡|支庁|振興局)(?=<)")

_ONE = r"<\d+>"
_LIST = rf"{_ONE}(?:[、と]{_ONE})*"
_PARTS = rf"{_ONE}(?:大字[^<>が]*)?(?:[、と]{_ONE}(?:大字[^<>が]*)?)*"
_NOTED = rf"{_ONE}(?:\([^()]*\))?(?:、{_ONE}(?:\([^()]*\))?)*"
_TO_TOWN_OR_CITY = r"(?:市制|町制|村制)施行"

_Builder = Callable[[Mapping[str, tuple[Body, ...]]], list[Clause] | None]


def _becomes(kind: str, *, ends: bool, begins: bool) -> _Builder:
    """Return a rule's builder: every body of `from` becomes every body of `to`."""

    def build(found: Mapping[str, tuple[Body, ...]]) -> list[Clause]:
        sources, targets = found["from"], found["to"]
        return [
            Clause(
                kind,
                tuple(product(sources, targets)),
                found.get("whole", sources) if ends else (),
                targets if begins else (),
            )
        ]

    return build


def _one_to_one(found: Mapping[str, tuple[Body, ...]]) -> list[Clause] | None:
    sources, targets = found["from"], found["to"]
    if len(sources) != len(targets):
        return None
    return [Clause("boundary", tuple(zip(sources, targets, strict=True)), sources, targets)]


def _same_body(found: Mapping[str, tuple[Body, ...]]) -> list[Clause]:
    return [Clause("status", tuple((body, body) for body in found["from"]))]


def _reorganised(found: Mapping[str, tuple[Body, ...]]) -> list[Clause]:
    sources, targets = found["from"], found["to"]
    kind = "merger" if len(sources) > 1 else "status"
    return [Clause(kind, tuple(product(sources, targets)), sources, targets)]


def _begins(found: Mapping[str, tuple[Body, ...]]) -> list[Clause]:
    return [Clause("new", (), (), found["to"])]


def _ends(found: Mapping[str, tuple[Body, ...]]) -> list[Clause]:
    return [Clause("abolished", (), found["from"], ())]


def _nothing(found: Mapping[str, tuple[Body, ...]]) -> list[Clause]:
    return []


_STATUS = _becomes("status", ends=True, begins=True)
_MERGER = _becomes("merger", ends=True, begins=True)
_RULES: tuple[tuple[re.Pattern[str], _Builder], ...] = tuple(
    (re.compile(pattern), build)
    for pattern, build in (
        (rf"(?P<from>{_LIST})が(?:合併|統合)し、(?P<to>{_LIST})を新設", _MERGER),
        (rf"(?P<from>{_LIST})が(?:合併|統合)し、(?P<kept>[^<>、]+)を新設", _MERGER),
        (
            rf"(?P<from>{_ONE})大字[^<>が]+が(?P<to>{_ONE})に編入し、大字[^<>が]+が(?P<to_2>{_ONE})に編入",
            _becomes("split", ends=True, begins=False),
        ),
        (rf"(?P<from>{_PARTS})が(?P<to>{_ONE})に編入", _becomes("merger", ends=True, begins=False)),
        (rf"(?P<from>{_ONE})が(?P<to>{_ONE})に{_TO_TOWN_OR_CITY}", _STATUS),
        (rf"(?P<from>{_ONE})が[^<>]+に{_TO_TOWN_OR_CITY}し、(?P<to>{_ONE})に名称変更", _STATUS),
        (rf"(?P<from>{_ONE})が[^<>]+に名称変更し、(?P<to>{_ONE})に{_TO_TOWN_OR_CITY}", _STATUS),
        (rf"(?P<from>{_ONE})の(?P<to>{_ONE})への政令指定都市(?:施行|移行)", _STATUS),
        (rf"(?P<from>{_ONE})が(?:特例市から)?(?:特例市|中核市)に移行", _same_body),
        (
            rf"(?P<from>{_ONE})が(?P<to>{_ONE})に名称変更",
            _becomes("rename", ends=True, begins=True),
        ),
        (rf"(?P<from>{_LIST})から分離し、(?P<to>{_LIST})を新設", _becomes("split", ends=False, begins=True)),
        (rf"(?P<from>{_ONE})を分割し、(?P<to>{_LIST})を新設", _becomes("split", ends=True, begins=True)),
        (rf"(?P<from>{_LIST})が(?P<to>{_LIST})に(?:郡の)?区域変更", _one_to_one),
        (rf"{_ONE}の区の再編(?:\([^()]*\))?", _nothing),
        (rf"(?P<from>{_NOTED})を(?P<to>{_ONE})に再編(?:\([^()]*\))?", _reorganised),
        (rf"(?P<to>{_LIST})の新設", _begins),
        (rf"(?P<from>{_LIST})の廃止", _ends),
    )
)


def _marked(text: str, names: Mapping[str, Collection[str]]) -> tuple[str, list[Body]]:
    """Return the text with `<0>`, `<1>` … in the place of each body, and the bodies."""
    bodies: list[Body] = []
    marked, end = "", 0
    for match in _CODE.finditer(text):
        before = text[end : match.start()]
        known = [name for name in names.get(match["code"], ()) if before.endswith(name)]
        words = _LAST_WORDS.search(before)
        name = max(known, key=len) if known else (words.group(0) if words else "")
        marked += f"{before[: len(before) - len(name)]}<{len(bodies)}>"
        bodies.append(Body(match["code"], name, match["kana"]))
        end = match.end()
    return _IN_FRONT.sub("", marked + text[end:]), bodies


def _bodies(marked: str, bodies: list[Body]) -> tuple[Body, ...]:
    return tuple(bodies[int(number)] for number in _MARK.findall(marked))


def _clauses(statement: str, bodies: list[Body]) -> list[Clause] | None:
    """Return what one statement says, or None when no rule covers it."""
    for pattern, build in _RULES:
        match = pattern.fullmatch(statement)
        if not match:
            continue
        groups = match.groupdict()
        found = {key: _bodies(groups[key], bodies) for key in ("from", "to") if groups.get(key)}
        # Of a body that is joined in part (大字…) this statement does not say that it ends.
        found["whole"] = _bodies(_IN_PART.sub("", groups.get("from") or ""), bodies)
        if "to_2" in groups:
            found["to"] += _bodies(groups["to_2"], bodies)
            found["whole"] = found["from"]
        if kept := groups.get("kept"):
            # A new body named without a code took the code of the one of its parts that bore its name.
            same = [body for body in found["from"] if body.name == kept]
            if len(same) != 1:
                return None
            found["to"] = (same[0],)
        return build(found)
    return None


def parse_reason(text: str, names: Mapping[str, Collection[str]]) -> tuple[list[Clause], list[str]]:
    """Return the clauses of a 改正事由 and the statements that no rule covers.

    `names` holds the names known of each 5-digit code: they tell where a name begins, as names themselves hold
    the words of a sentence (つがる市, 隠岐の島町, にかほ市).
    """
    marked, bodies = _marked(unicodedata.normalize("NFKC", text), names)
    clauses: list[Clause] = []
    unread: list[str] = []
    for statement in marked.split():
        found = _clauses(statement, bodies)
        if found is None:
            unread.append(_MARK.sub(lambda mark: bodies[int(mark[1])].name, statement))
        else:
            clauses += found
    return clauses, unread
