"""What records: sessions, spans, context, the recorder, the spool and delivery."""
