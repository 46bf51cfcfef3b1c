"""What is measured in a text: one module a block of features, and the language tables they ask."""
