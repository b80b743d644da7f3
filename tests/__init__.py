"""Tests. A package, so that nothing installed under the same name can take its place."""
