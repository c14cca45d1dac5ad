"""The database: sessions, queries and the ledger. Each file holds the queries of one noun."""
