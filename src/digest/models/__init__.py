"""The nouns of the service (docs/glossary.md): tables, values and vocabularies. No session, no query."""
