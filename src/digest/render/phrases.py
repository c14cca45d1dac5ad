"""Sentences that every Channel says in the same words, as plain text in the reader's language.

A phrase whose fields are empty is "", so that a template shows no empty label. Escaping and
cutting to length are the Channel's own.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from digest.models.content import Change, EditionContent, Item, ScenarioLine, WatchLine
from digest.render.filters import clean, cut, day_name, hour
from digest.render.locales import translations
from digest.render.words import label

SEPARATOR = " · "
NAME_LENGTH = 60  # characters of one name (publisher, follow, region) within a phrase
COUNTED = ("sources", "scenarios")  # Changes whose `now` is a number of additions


class Phrases:
    """The phrases of one Edition: its language, its zone and its hour."""

    def __init__(self, content: EditionContent) -> None:
        self.content = content
        self._translations = translations(content.locale)

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
        inside = ", ".join(_names(basis))
        return f"{kind} ({inside})" if inside else kind

    def sources(self, item: Item, shown: int = 3) -> str:
        """ "First reported by Axios, 5 March; also The New York Times and CNN"."""
        names = _names([source.publisher for source in item.sources])
        if not names:
            return ""
        _ = self._translations.gettext
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
            others.append(_("%(count)s more") % {"count": more})
        if others:
            line += _("; also %(publishers)s") % {"publishers": self.series(others)}
        return line

    def why(self, item: Item, shown: int = 3) -> str:
        """ "Because you follow Sahel (Mali) and diplomacy"."""
        follows = []
        for reason in item.reasons[:shown]:
            name, via = cut(reason.follow, NAME_LENGTH), cut(reason.via, NAME_LENGTH)
            follows.append(f"{name} ({via})" if via and via != name else name)
        follows = [name for name in dict.fromkeys(follows) if name]
        if not follows:
            return ""
        return self._translations.gettext("Because you follow %(follows)s") % {
            "follows": self.series(follows)
        }

    def changes(self, item: Item) -> str:
        """ "Since Friday: severity 3 → 4; 2 more sources"; "" when nothing has changed."""
        if not item.changes:
            return ""
        what = "; ".join(self.change(change) for change in item.changes)
        _ = self._translations.gettext
        if item.told is None:
            return _("What changed: %(changes)s") % {"changes": what}
        return _("Since %(day)s: %(changes)s") % {"day": self.since(item.told.at), "changes": what}

    def change(self, change: Change) -> str:
        """One Change in a few words."""
        _, ngettext = self._translations.gettext, self._translations.ngettext
        if change.field in COUNTED and (change.now or "").isdecimal():
            count = int(change.now or 0)
            if change.field == "sources":
                text = ngettext("%(count)s more source", "%(count)s more sources", count)
            else:
                text = ngettext("%(count)s more scenario", "%(count)s more scenarios", count)
            return text % {"count": count}
        field = cut(self._label("field", change.field), NAME_LENGTH)
        if change.field in ("severity", "status", "certainty") and change.was and change.now:
            was, now = (self._value(change.field, value) for value in (change.was, change.now))
            return f"{field} {was} → {now}"
        return _("%(field)s changed") % {"field": field}

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
            _("%(count)s matched") % {"count": content.matched},
            _("%(count)s shown") % {"count": len(content.items)},
            *(f"{part.count} {self._label('left_out', part.rule)}" for part in left),
        ]
        return ", ".join(clean(part) for part in parts)

    def series(self, names: Sequence[str]) -> str:
        """ "a", "a and b", "a, b and c"."""
        if len(names) < 2:
            return "".join(names)
        return self._translations.gettext("%(names)s and %(last)s") % {
            "names": ", ".join(names[:-1]),
            "last": names[-1],
        }

    def _label(self, group: str, word: str | None) -> str:
        return label(group, word, self._translations.gettext)

    def _value(self, field: str, value: str) -> str:
        """Severities stay numbers: "3 → 4" is shorter than their labels."""
        return cut(value if field == "severity" else self._label(field, value), NAME_LENGTH)


def _names(texts: Sequence[str]) -> list[str]:
    """Short, not empty, each once."""
    return [name for name in dict.fromkeys(cut(text, NAME_LENGTH) for text in texts) if name]
