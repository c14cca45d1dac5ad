"""What the service does, one verb a file. The way of an Event: ingest, alert, publish, deliver."""
