"""That the suite would notice if anything reached out."""

from __future__ import annotations

import socket
import subprocess
import sys

import pytest

from offline.sitecustomize import STATUS

OUTSIDE = "192.0.2.1"  # reserved for documentation (RFC 5737): nobody answers there


def datagram():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.sendto(b"x", (OUTSIDE, 53))


@pytest.mark.parametrize(
    "reach",
    [
        lambda: socket.create_connection((OUTSIDE, 80), timeout=1),
        lambda: socket.getaddrinfo("mtdetect.example", 80),
        lambda: socket.gethostbyname("mtdetect.example"),
        datagram,
    ],
)
def test_reaching_out_fails_the_test(reach):
    with pytest.raises(pytest.fail.Exception, match="reached out to"):
        reach()


def test_this_machine_is_not_outside():
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname(), timeout=10).close()


def test_reaching_out_ends_a_child_process():
    code = f"import socket; socket.create_connection(({OUTSIDE!r}, 80), timeout=1)"
    child = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert child.returncode == STATUS
    assert "reached out to 192.0.2.1" in child.stderr
