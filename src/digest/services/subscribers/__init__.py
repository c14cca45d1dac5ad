"""Lists and Subscribers as admins keep them: YAML folders, CSV files, the roster."""
