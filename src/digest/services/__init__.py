"""What the service does, one verb a file.

The way of an Event: news/ingest -> planning/alert or planning/publish -> sending/deliver.
"""
