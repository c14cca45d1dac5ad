"""The JSON Schema of the rich form, as it stands in docs/."""

import json
from pathlib import Path

from jsonschema import Draft202012Validator

from digest.models.record import json_schema

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
