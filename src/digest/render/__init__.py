"""Rendering that all Channels share: templates, words, dates, budgets. No input or output but files."""
