"""The networks, one module an architecture; names are discovered from this folder."""
