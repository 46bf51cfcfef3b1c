"""Features: measurements of a text, one module per block, and the language tables that they query."""
