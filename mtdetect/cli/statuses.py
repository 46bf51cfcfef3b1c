"""Exit statuses of the commands, beside 0 (nothing is flagged) and 1 (something is)."""

WRONG = 2
"""Wrong usage, or an input that cannot be read."""

INTERRUPTED = 130
TERMINATED = 143
PIPE_CLOSED = 141
"""What a shell reports for a program ended by SIGINT, SIGTERM and SIGPIPE."""
