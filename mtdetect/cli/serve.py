"""``mtdetect serve``: the HTTP service and its web page."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from mtdetect.cli import options
from mtdetect.errors import UsageError

DEFAULT_PORT = 8000


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register the command. Parameters as for :func:`mtdetect.cli.score.add_parser`."""
    parser = subparsers.add_parser(
        "serve",
        help="serve verdicts and comparisons over HTTP, with a web page",
        description="Serve verdicts, comparisons and a collection of originals over HTTP, with a web page at /. Needs mtdetect[serve].",
    )
    add = parser.add_argument
    add("--host", default="127.0.0.1", metavar="H", help="address to listen on (default: %(default)s)")
    add(
        "--port",
        type=_port,
        default=DEFAULT_PORT,
        metavar="N",
        help="port to listen on; 0 picks a free one (default: %(default)s)",
    )
    add(
        "--against",
        type=options.WRITES,
        metavar="DB",
        help="collection of originals that requests may search and add to",
    )
    options.add_old_name(parser, "--originals", dest="against")
    add(
        "--store-text",
        action="store_true",
        help="also store the texts of originals that requests add; matches are then compared word by word",
    )
    add(
        "--policy",
        action="append",
        type=options.READS,
        default=[],
        metavar="FILE",
        help="decide by these rules (TOML) what to do with each text; may be repeated, the first is the default",
    )
    options.add(parser, "--audit")
    add(
        "--audit-size",
        type=_size,
        metavar="BYTES",
        help="size at which the audit log is rotated (default: 100M)",
    )
    add("--audit-text", action="store_true", help="also write the texts into the audit log")
    add(
        "--tokens",
        type=options.READS,
        metavar="FILE",
        help="require a bearer token of this file: lines TOKEN or TENANT:TOKEN (default: the variable MTDETECT_TOKENS)",
    )
    add(
        "--allow-host",
        action="append",
        default=[],
        metavar="NAME",
        help="also accept this host name in requests; may be repeated (default: any, on a loopback address only its own)",
    )
    add(
        "--jobs",
        type=options.count,
        metavar="N",
        help="number of processes (default: one per core, at least 2)",
    )
    options.add_old_name(parser, "--workers", type=options.count, dest="jobs")
    add("--max-body", type=_size, metavar="BYTES", help="largest body of a request (default: 8M)")
    add("--max-text", type=_size, metavar="CHARACTERS", help="longest text (default: 1M)")
    add("--max-batch", type=options.count, metavar="N", help="most texts in one request (default: 256)")
    add(
        "--max-seconds",
        type=_limit,
        metavar="S",
        help="longest time for a request to wait for a worker, and to be worked on (default: 30)",
    )
    add(
        "--max-upload",
        type=_limit,
        metavar="S",
        help="longest time for the head of a request to arrive, and for its body (default: 20)",
    )
    add("--max-waiting", type=options.count, metavar="N", help="most requests that wait (default: 256)")
    add(
        "--max-per-client",
        type=options.count,
        metavar="N",
        help="most requests of one client at a time (default: no limit)",
    )
    options.add(parser, "--fpr")
    options.add_retranslate(parser)
    options.add(parser, "--model", "--profile", "--phrases")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Serve until SIGINT or SIGTERM.

    Parameters and errors as for :func:`mtdetect.cli.score.run`.

    Returns
    -------
    int
        As from :func:`mtdetect.serve.server.run`.
    """
    from mtdetect import policy
    from mtdetect.serve import server, tokens
    from mtdetect.serve.settings import LOOPBACK, Limits, Settings

    if args.against is not None and os.path.isdir(args.against):
        raise UsageError(f"{args.against}: is a folder; name the file of a collection")
    if args.store_text and args.against is None:
        raise UsageError("--store-text stores texts in a collection; name it with --against DB")
    limits = {
        "body": args.max_body,
        "text": args.max_text,
        "batch": args.max_batch,
        "seconds": args.max_seconds,
        "upload": args.max_upload,
        "waiting": args.max_waiting,
        "per_client": args.max_per_client,
    }
    known = tokens.load(args.tokens) if args.tokens is not None else ()
    if not known:
        known = tokens.parse(os.environ.get(tokens.VARIABLE, "").split())
    hosts = tuple(name.lower() for name in args.allow_host)
    if args.host in (*LOOPBACK, "::1"):
        hosts = (*LOOPBACK, *hosts)
    others = {"workers": args.jobs, "audit_bytes": args.audit_size}
    settings = Settings(
        model=args.model,
        phrases=args.phrases,
        profile=args.profile,
        originals=args.against,
        store_text=args.store_text,
        fpr=args.fpr,
        retranslate=args.retranslate,
        engine_folder=args.engine_folder,
        policies=tuple(policy.load(Path(path)) for path in args.policy),
        tokens=known,
        hosts=hosts,
        audit=args.audit,
        audit_text=args.audit_text,
        limits=Limits(**{name: value for name, value in limits.items() if value is not None}),
        **{name: value for name, value in others.items() if value is not None},
    )
    return server.run(settings, args.host, args.port)


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port")
    return int(text)


def _size(text: str) -> int:
    units = {"K": 10, "M": 20, "G": 30}
    number, shift = (text[:-1], units[text[-1].upper()]) if text[-1:].upper() in units else (text, 0)
    if not number.isdecimal() or int(number) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a size, such as 500000 or 8M")
    return int(number) << shift


def _limit(text: str) -> float:
    value = options.seconds(text)
    if value == 0:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds above 0")
    return value
