"""``mtdetect serve``: the same answers over HTTP, and a page for people."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from mtdetect.cli import options
from mtdetect.errors import UsageError

DEFAULT_PORT = 8000


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register the command.

    Parameters
    ----------
    subparsers : argparse action
        What ``ArgumentParser.add_subparsers`` gave.
    """
    parser = subparsers.add_parser(
        "serve",
        help="answer over HTTP, with a page for people",
        description="Answer over HTTP: verdicts, comparisons, a collection of originals, and a page at /. Needs mtdetect[serve].",
    )
    add = parser.add_argument
    add("--host", default="127.0.0.1", metavar="H", help="address to listen on (default: %(default)s)")
    add(
        "--port",
        type=_port,
        default=DEFAULT_PORT,
        metavar="N",
        help="port to listen on; 0 takes a free one (default: %(default)s)",
    )
    add("--originals", metavar="DB", help="a collection of originals, to search and to add to")
    add(
        "--policy",
        action="append",
        default=[],
        metavar="FILE",
        help="what to do with which verdict; of several (give it again) the first decides for whoever names none",
    )
    add("--audit", metavar="FILE.jsonl", help="log every decision, for 'mtdetect audit replay'")
    add("--audit-size", type=_size, metavar="BYTES", help="rotate the log at this size (default: 100M)")
    add("--audit-text", action="store_true", help="log the texts, too")
    add(
        "--tokens",
        metavar="FILE",
        help="ask for a bearer token: lines TOKEN or TENANT:TOKEN; also from the variable MTDETECT_TOKENS",
    )
    add(
        "--allow-host",
        action="append",
        default=[],
        metavar="NAME",
        help="a further name by which it may be called (default: on a loopback address only its own, else any)",
    )
    add(
        "--workers",
        type=options.count,
        metavar="N",
        help="processes that score (default: one a core, at least 2)",
    )
    add("--max-body", type=_size, metavar="BYTES", help="largest body of a request (default: 8M)")
    add("--max-text", type=_size, metavar="CHARACTERS", help="longest text (default: 1M)")
    add("--max-batch", type=options.count, metavar="N", help="texts of one request (default: 256)")
    add("--max-seconds", type=_seconds, metavar="S", help="time for one request (default: 30)")
    add(
        "--max-upload",
        type=_seconds,
        metavar="S",
        help="time for a request to arrive, head and body each (default: 20)",
    )
    add("--max-waiting", type=options.count, metavar="N", help="requests that may wait (default: 256)")
    add(
        "--max-per-client",
        type=options.count,
        metavar="N",
        help="requests of one client at once (default: any)",
    )
    options.add_fpr(parser)
    options.add_model(parser)
    options.add_profile(parser)
    options.add_phrases(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Serve until a signal comes.

    Parameters
    ----------
    args : argparse.Namespace
        What the parser of :func:`add_parser` made of the command line.

    Returns
    -------
    int
        0.

    Raises
    ------
    MtdetectError
        If it cannot start.
    """
    from mtdetect import policy
    from mtdetect.serve import server, tokens
    from mtdetect.serve.settings import LOOPBACK, Limits, Settings

    if args.originals is not None and os.path.isdir(args.originals):
        raise UsageError(f"{args.originals}: is a folder; name the file of a collection")
    given = {
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
    more = {"workers": args.workers, "audit_bytes": args.audit_size}
    settings = Settings(
        model=args.model,
        phrases=args.phrases,
        profile=args.profile,
        originals=args.originals,
        fpr=args.fpr,
        policies=tuple(policy.load(Path(path)) for path in args.policy),
        tokens=known,
        hosts=hosts,
        audit=args.audit,
        audit_text=args.audit_text,
        limits=Limits(**{name: value for name, value in given.items() if value is not None}),
        **{name: value for name, value in more.items() if value is not None},
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


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < 1e6:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds")
    return value
