"""What recording and reading cost, as ratios against a baseline of the same run. ``nox -s bench`` runs all of it."""
