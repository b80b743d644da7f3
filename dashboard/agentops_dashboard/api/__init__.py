"""The HTTP API: what the pages show, as JSON; and the ways in."""
