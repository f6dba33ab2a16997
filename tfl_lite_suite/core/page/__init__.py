"""HTML pages that need nothing else: no script, no file beside them, no network."""
