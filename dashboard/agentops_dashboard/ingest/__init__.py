"""Ways in: OTLP over HTTP, and the spool segments of this machine's programs."""
