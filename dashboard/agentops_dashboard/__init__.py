"""Collector, store, query layer, HTTP API and pages: shows what agentops recorded."""
