"""The demo: one day of this service on one machine, with nothing else installed."""
