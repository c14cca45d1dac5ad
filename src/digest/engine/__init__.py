"""The engine: carries tasks from whoever finds work to whoever does it."""
