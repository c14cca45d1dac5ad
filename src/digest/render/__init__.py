"""Rendering that all Channels share: templates, words, dates, budgets. It reads files only."""
