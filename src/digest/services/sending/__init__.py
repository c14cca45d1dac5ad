"""The ledger's rows become messages: claim, render, send, record."""
