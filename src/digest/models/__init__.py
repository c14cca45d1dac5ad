"""The nouns of the service (docs/glossary.md): tables, values, vocabularies. No session, no query."""
