"""The JSON Schema of the rich form, as it stands in docs/."""

import json
from collections.abc import Iterable
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from digest.models import words
from digest.models.record import json_schema
from digest.render.words import LABELS

PAGE = Path(__file__).resolve().parents[2] / "docs" / "events.md"
DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "event.schema.json"
REMEDY = """docs/event.schema.json is not what the code says. Write it again with:
python -c "import json; from digest.models.record import json_schema as s; \
print(json.dumps(s(), indent=2))" > docs/event.schema.json"""


def test_the_schema_in_docs_is_that_of_the_code() -> None:
    assert json.loads(DOCUMENT.read_text()) == json_schema(), REMEDY


def test_the_schema_is_one_and_takes_what_we_export() -> None:
    schema = json_schema()
    Draft202012Validator.check_schema(schema)
    problems = list(
        Draft202012Validator(schema).iter_errors(
            {"id": "e-1", "headline": "Quay reopens", "scenarios": [{"kind": "risk", "text": "x"}]}
        )
    )
    assert problems == []
    assert list(Draft202012Validator(schema).iter_errors({"headline": "Quay reopens"})) != []


@pytest.mark.parametrize(
    ("model", "field", "known"),
    [
        ("EventRecord", "category", words.CATEGORIES),
        ("EventRecord", "status", words.Status),
        ("EventRecord", "certainty", words.Certainty),
        ("AssertionRecord", "kind", words.ScenarioKind),
        ("AssertionRecord", "horizon", words.Horizon),
        ("AssertionRecord", "confidence", words.Confidence),
        ("InterestRecord", "kind", words.INTEREST_KINDS),
        ("InterestRecord", "role", words.Role),
    ],
)
def test_schema_and_page_name_the_words_that_are_known(
    model: str, field: str, known: Iterable[str]
) -> None:
    schema = json_schema()
    own = schema if model == "EventRecord" else schema["$defs"][model]
    assert own["properties"][field]["examples"] == list(known)
    rows = [row for row in PAGE.read_text().splitlines() if row.startswith(f"| `{field}`")]
    assert any(all(word in row for word in known) for row in rows)


def test_every_category_has_a_label() -> None:
    assert tuple(LABELS["category"]) == words.CATEGORIES
