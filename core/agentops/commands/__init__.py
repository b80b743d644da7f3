"""The commands that need no dashboard: ``push``, ``doctor``, ``plugins``. Each returns an exit code."""
