"""Stand-ins of the providers for the demo and the tests: local servers that speak their protocols,
keep to their limits and refuse in their words. Nothing here is used in production."""
