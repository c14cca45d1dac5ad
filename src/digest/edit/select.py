"""Select: which of the Events that match go into a digest, and in which order.

Greedy marginal gain with a memory of what this reader was told (docs/desk.md has the formula and
where its constants come from). Every Event left out carries the rule that left it out.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from digest.edit.match import match
from digest.models.desk import Candidate, Match, Memory, Reader
from digest.models.words import Code, EditionKind

HALF_LIFE_HOURS = 48.0
SEVERITY_POWER = 1.2
STATUS_FACTOR = {"developing": 1.0, "concluded": 0.8, "closed": 0.8}
BREAKING_FACTOR = 1.25
CORROBORATION = 0.08
CORROBORATION_CAP = 1.25
CHANGED_FACTOR = 0.6  # told before, and changed since
STORY_DECAY = 0.9  # for each Event of the same Story that is already in
COVERAGE = 1.0  # bonus for Follows nothing in this edition serves yet
SMALL_GAIN = 0.08  # of the first gain: below it an Event is worth one line
ALWAYS_IN = 5  # this severity is told in full whatever else there is


@dataclass(frozen=True, slots=True)
class Budget:
    """How much one digest may hold."""

    items: int = 8
    briefs: int = 10


@dataclass(frozen=True, slots=True)
class Chosen:
    """An Event in the digest: `section` is lead, item, brief, alerted or correction."""

    match: Match
    section: str
    told: Memory | None = None
    copies: tuple[Candidate, ...] = ()  # the same report from other sources, folded in


@dataclass(frozen=True, slots=True)
class Selection:
    """The digest's Events in reading order, and (Candidate, rule) of what matched but is not in."""

    chosen: tuple[Chosen, ...]
    left_out: tuple[tuple[Candidate, str], ...]

    @property
    def matched(self) -> int:
        return len(self.chosen) + len(self.left_out)


def select(
    candidates: Iterable[Candidate], reader: Reader, now: datetime, budget: Budget = Budget()
) -> Selection:
    """Chooses among `candidates` (one Revision per Event, the newest) for `reader`.

    Deterministic: ties go to the higher base, then the newer, then the lower Event id.
    """
    corrections: list[Chosen] = []
    alerted: list[Chosen] = []
    pool: list[tuple[float, Chosen]] = []
    left: list[tuple[Candidate, str]] = []
    by_fact: dict[str, int] = {}

    for candidate in sorted(candidates, key=lambda c: (-c.severity, c.visible_at, c.event_id)):
        told = reader.told.get(candidate.event_id)
        found = match(candidate, reader, now)
        if candidate.code in (Code.CORRECT, Code.RETRACT) and told is not None:
            if told.content_hash != candidate.content_hash or told.kind == EditionKind.ALERT:
                kept = found if isinstance(found, Match) else Match(candidate, 0.0, ())
                corrections.append(Chosen(kept, "correction", told))
            continue
        if isinstance(found, str):
            if found != "no_follow":
                left.append((candidate, found))
            continue
        if candidate.code == Code.RETRACT:
            continue  # never told, and not to be told now
        if told is not None and told.content_hash == candidate.content_hash:
            if told.kind == EditionKind.ALERT:
                alerted.append(Chosen(found, "alerted", told))
            else:
                left.append((candidate, "told_before"))
            continue
        if told is None and candidate.fact_key in reader.facts:
            left.append((candidate, "told_before"))
            continue
        if told is not None and candidate.minor:
            left.append((candidate, "told_before"))
            continue
        twin = by_fact.get(candidate.fact_key)
        if twin is not None:
            score, chosen = pool[twin]
            pool[twin] = (
                score,
                Chosen(chosen.match, chosen.section, chosen.told, (*chosen.copies, candidate)),
            )
            left.append((candidate, "same_fact"))
            continue
        by_fact[candidate.fact_key] = len(pool)
        pool.append((base(found, told, now), Chosen(found, "item", told)))

    full, rest = _greedy(pool, budget.items)
    briefs, over = rest[: budget.briefs], rest[budget.briefs :]
    left.extend((chosen.match.candidate, "over_budget") for chosen in over)
    everything = (
        *corrections,
        *(_in(one, "lead" if place == 0 else "item") for place, one in enumerate(full)),
        *alerted,
        *(_in(one, "brief") for one in briefs),
    )
    return Selection(everything, tuple(left))


def base(found: Match, told: Memory | None, now: datetime) -> float:
    """The worth of an Event by itself, before it is set beside others."""
    candidate = found.candidate
    age = max(0.0, (now - candidate.visible_at).total_seconds() / 3600)
    status = BREAKING_FACTOR if candidate.breaking else STATUS_FACTOR.get(candidate.status or "", 1)
    score: float = (
        found.strength
        * (candidate.severity / 5) ** SEVERITY_POWER
        * 0.5 ** (age / HALF_LIFE_HOURS)
        * status
        * min(CORROBORATION_CAP, 1 + CORROBORATION * math.log(1 + candidate.publishers))
    )
    if told is not None and candidate.severity <= told.severity:
        score *= CHANGED_FACTOR
    return score


def _greedy(pool: list[tuple[float, Chosen]], items: int) -> tuple[list[Chosen], list[Chosen]]:
    """(told in full, in order of gain; worth one line, in order of base)."""
    remaining = sorted(
        pool, key=lambda p: (-p[0], -p[1].match.candidate.seq, p[1].match.candidate.event_id)
    )
    full: list[Chosen] = []
    in_story: dict[int, int] = {}
    covered: set[tuple[bool, int]] = set()
    first_gain = 0.0
    while remaining and len(full) < items:
        gains = [_gain(score, one, in_story, covered) for score, one in remaining]
        best = max(range(len(gains)), key=lambda index: (gains[index], -index))
        critical = next(
            (
                index
                for index, (_, one) in enumerate(remaining)
                if one.match.candidate.severity >= ALWAYS_IN
            ),
            None,
        )
        if gains[best] < SMALL_GAIN * first_gain:
            if critical is None:
                break
            best = critical
        first_gain = first_gain or gains[best]
        _, one = remaining.pop(best)
        full.append(one)
        for story in one.match.candidate.stories[:1]:
            in_story[story] = in_story.get(story, 0) + 1
        covered.update((r.follow.is_story, r.follow.target) for r in one.match.reasons)
    return full, [one for _, one in remaining]


def _gain(
    score: float, one: Chosen, in_story: dict[int, int], covered: set[tuple[bool, int]]
) -> float:
    stories = one.match.candidate.stories[:1]
    decay = STORY_DECAY ** sum(in_story.get(story, 0) for story in stories)
    fresh = sum(
        reason.follow.weight
        for reason in one.match.reasons
        if (reason.follow.is_story, reason.follow.target) not in covered
    )
    return score * decay * (1 + COVERAGE * min(1.0, fresh))


def _in(chosen: Chosen, section: str) -> Chosen:
    return Chosen(chosen.match, section, chosen.told, chosen.copies)
