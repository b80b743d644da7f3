"""Tests of the server with a login; those in a browser use its server too."""
