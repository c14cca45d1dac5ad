"""Sentences that every Channel says in the same words, as plain text in the reader's language.

A phrase whose fields are empty is "", so that a template shows no empty label. Escaping and
cutting to length are the Channel's own.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from digest import clock
from digest.models.content import Change, EditionContent, Item, ScenarioLine, WatchLine
from digest.render.filters import clean, cut, day_name, hour, place_of
from digest.render.locales import direction, translations
from digest.render.words import label

SEPARATOR = " · "
NAME_LENGTH = 60  # characters of one name (publisher, follow, region) within a phrase
COUNTED = ("sources", "scenarios")  # Changes whose `now` is a number of additions


class Phrases:
    """The phrases of one Edition: its language, its zone and its hour.

    `shield` gets every name that a phrase quotes; a Channel whose texts have no direction of their
    own isolates there what is written in the other one.
    """

    def __init__(self, content: EditionContent, shield: Callable[[str], str] = str) -> None:
        self.content = content
        self._shield = shield
        self._translations = translations(content.locale)

    def headline(self, item: Item) -> str:
        """The headline on one line; never empty, because it carries the link."""
        return clean(item.headline) or self._translations.gettext("(no headline)")

    def kicker(self, item: Item) -> str:
        """ "Conflict · Middle East · Developing"."""
        parts = [
            self._label("category", item.category),
            *item.regions[:2],
            self._label("status", item.status),
        ]
        return SEPARATOR.join(_names(parts))

    def scenario_label(self, line: ScenarioLine | WatchLine) -> str:
        """ "Risk (short term, suggested)"."""
        kind = cut(self._label("kind", line.kind), NAME_LENGTH)
        basis = [
            self._label("horizon", line.horizon),
            self._label("confidence", line.confidence),
        ]
        inside = self._translations.gettext(", ").join(_names(basis))
        return f"{kind} ({inside})" if inside else kind

    def sources(self, item: Item, shown: int = 3) -> str:
        """ "First reported by Axios, 5 March; also The New York Times and CNN"."""
        names = self._quoted([source.publisher for source in item.sources])
        if not names:
            return ""
        _, ngettext = self._translations.gettext, self._translations.ngettext
        first, others = names[0], names[1:shown]
        day = item.sources[0].published_on or item.reported_at
        if day:
            line = _("First reported by %(publisher)s, %(day)s") % {
                "publisher": first,
                "day": day_name(day, self.content.zone, self.content.locale, "plain"),
            }
        else:
            line = _("First reported by %(publisher)s") % {"publisher": first}
        more = len(names) - 1 - len(others)
        if more:
            others.append(ngettext("%(num)s more", "%(num)s more", more) % {"num": more})
        if others:
            line += _("; also %(publishers)s") % {"publishers": self.series(others)}
        return line

    def why(self, item: Item, shown: int = 3) -> str:
        """ "Because you follow Sahel (Mali) and diplomacy."."""
        follows = []
        for reason in item.reasons[:shown]:
            name, via = cut(reason.follow, NAME_LENGTH), cut(reason.via, NAME_LENGTH)
            follows.append(f"{name} ({via})" if via and via != name else name)
        follows = [self._shield(name) for name in dict.fromkeys(follows) if name]
        if not follows:
            return ""
        return self._translations.gettext("Because you follow %(follows)s.") % {
            "follows": self.series(follows)
        }

    def changes(self, item: Item) -> str:
        """ "Since Friday: severity 3 → 4; 2 more sources"; "" when nothing has changed."""
        if not item.changes:
            return ""
        _ = self._translations.gettext
        what = _("; ").join(self.change(change) for change in item.changes)
        if item.told is None:
            return _("What changed: %(changes)s") % {"changes": what}
        return _("Since %(day)s: %(changes)s") % {"day": self.since(item.told.at), "changes": what}

    def change(self, change: Change) -> str:
        """One Change in a few words."""
        _, ngettext = self._translations.gettext, self._translations.ngettext
        if change.field in COUNTED and (change.now or "").isdecimal():
            count = int(change.now or 0)
            if change.field == "sources":
                text = ngettext("%(num)s more source", "%(num)s more sources", count)
            else:
                text = ngettext("%(num)s more scenario", "%(num)s more scenarios", count)
            return text % {"num": count}
        field = cut(self._label("field", change.field), NAME_LENGTH)
        if change.field in ("severity", "status", "certainty") and change.was and change.now:
            was, now = (self._value(change.field, value) for value in (change.was, change.now))
            # An arrow does not turn round by itself in a right-to-left line.
            arrow = "←" if direction(self.content.locale) == "rtl" else "→"
            return f"{field} {was} {arrow} {now}"
        return _("new %(field)s") % {"field": field}

    def since(self, instant: datetime) -> str:
        """When that was, as one says it: "14:02", "Friday", "21 February"."""
        zone, locale = self.content.zone, self.content.locale
        age = self.content.at - instant
        if age < timedelta(hours=12):
            return hour(instant, zone, locale)
        return day_name(instant, zone, locale, "weekday" if age < timedelta(days=6) else "plain")

    def counts(self) -> str:
        """ "12 matched, 7 shown, 3 told before and unchanged"; "" when nothing was left out."""
        content = self.content
        left = [part for part in content.left_out if part.count]
        if not left:
            return ""
        _ = self._translations.gettext
        parts = [
            _("%(matched)s matched, %(shown)s shown")
            % {"matched": content.matched, "shown": len(content.items)},
            *(f"{part.count} {self._label('left_out', part.rule)}" for part in left),
        ]
        return _(", ").join(clean(part) for part in parts)

    def follows(self, shown: int = 5) -> str:
        """ "Iran, Gulf, diplomacy": what this Edition is about for its reader."""
        names = self._quoted(self.content.follows)
        if len(names) > shown:
            more = len(names) - shown
            ngettext = self._translations.ngettext
            names = [*names[:shown], ngettext("%(num)s more", "%(num)s more", more) % {"num": more}]
        return self._translations.gettext(", ").join(names)

    def window(self) -> str:
        """ "07:00 Wednesday to 07:00 Thursday, London"; "" when the Edition covers no window."""
        content = self.content
        start, end = content.covers_from, content.covers_to
        if start is None or end is None:
            return ""
        style = "weekday" if end - start < timedelta(days=6) else "plain"

        def moment(instant: datetime) -> str:
            day = day_name(instant, content.zone, content.locale, style)
            return f"{hour(instant, content.zone, content.locale)} {day}"

        return self._translations.gettext("%(start)s to %(end)s, %(place)s") % {
            "start": moment(start),
            "end": moment(end),
            "place": place_of(content.zone),
        }

    def moment(self, item: Item) -> str:
        """ "14:02 London", when it was reported; "" on another day or when the hour isn't known."""
        content, reported = self.content, item.reported_at
        if reported is None or item.day_only:
            return ""
        zone = clock.zone(content.zone)
        if clock.local_date(reported, zone) != clock.local_date(content.at, zone):
            return ""
        return f"{hour(reported, content.zone, content.locale)} {place_of(content.zone)}"

    def watched(self, line: WatchLine) -> str:
        """ "(Risk, short term, reported; 2 events; first raised 21 February)"."""
        _, ngettext = self._translations.gettext, self._translations.ngettext
        kind = _names(
            [
                self._label("kind", line.kind),
                self._label("horizon", line.horizon),
                self._label("confidence", line.confidence),
            ]
        )
        parts = [_(", ").join(kind)]
        if line.events > 1:
            parts.append(
                ngettext("%(num)s event", "%(num)s events", line.events) % {"num": line.events}
            )
        if line.first_raised and line.state != "new":
            day = day_name(line.first_raised, self.content.zone, self.content.locale, "plain")
            parts.append(_("first raised %(day)s") % {"day": day})
        inside = _("; ").join(part for part in parts if part)
        return f"({inside})" if inside else ""

    def series(self, names: Sequence[str]) -> str:
        """ "a", "a and b", "a, b and c"."""
        if len(names) < 2:
            return "".join(names)
        return self._translations.gettext("%(names)s and %(last)s") % {
            "names": self._translations.gettext(", ").join(names[:-1]),
            "last": names[-1],
        }

    def _quoted(self, names: Sequence[str]) -> list[str]:
        return [self._shield(name) for name in _names(names)]

    def _label(self, group: str, word: str | None) -> str:
        return label(group, word, self._translations.gettext)

    def _value(self, field: str, value: str) -> str:
        """Severities stay numbers: "3 → 4" is shorter than their labels."""
        return cut(value if field == "severity" else self._label(field, value), NAME_LENGTH)


def _names(texts: Sequence[str]) -> list[str]:
    """Short, not empty, each once."""
    return [name for name in dict.fromkeys(cut(text, NAME_LENGTH) for text in texts) if name]
