"""The service as a client sees it: a separate process behind a socket."""

from __future__ import annotations

import json
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest

from mtdetect.cli import main

pytest.importorskip("fastapi")

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"
SPUN = (EXAMPLES / "spun.txt").read_text(encoding="utf-8")
PERSON = (EXAMPLES / "person.txt").read_text(encoding="utf-8")

SECRET = "Quigglesworth"
"""A word that must appear neither in a log nor in an error."""

LONG = "\n\n".join(
    f"{' '.join(SPUN.split())} The {k}th of them said so on the {k}th of June." for k in range(250)
)
"""A text that keeps a worker busy for a fifth of a second or more, with evidence."""

LONGEST = "\n\n".join([LONG, LONG.replace("June", "July"), LONG.replace("June", "May")])
"""Nearly as long as a text may be: twice as long and more."""


def raw(service, sent, timeout=30.0):
    """Send raw bytes; return what arrives until the service closes the connection."""
    with socket.create_connection(("127.0.0.1", service.port), timeout=timeout) as connection:
        connection.sendall(sent)
        parts = []
        while part := connection.recv(65536):
            parts.append(part)
    return b"".join(parts)


# -- answers


def test_score_says_what_python_says(service, shipped):
    status, headers, answer = service.ask("POST", "/v1/score", {"text": SPUN, "id": "a", "fpr": 0.02})
    assert status == 200
    assert answer == shipped.score(SPUN, fpr=0.02, id="a").to_dict()
    assert headers["Content-Type"] == "application/json"


def test_batch_answers_in_order_with_errors_by_item(service, shipped):
    texts = [
        SPUN,
        {"text": PERSON, "id": "b"},
        7,
        {"text": None, "id": "d"},
        {"txt": ""},
        "",
        "\ud83d" + PERSON,
    ]
    status, _, answer = service.ask("POST", "/v1/score", {"texts": texts, "evidence": False})
    assert status == 200
    results = answer["results"]
    assert results[0] == shipped.score(SPUN, evidence=False).to_dict(evidence=False)
    assert results[1] == shipped.score(PERSON, id="b", evidence=False).to_dict(evidence=False)
    assert [one.get("error", {}).get("code") for one in results] == [
        None,
        None,
        "invalid_request",
        "invalid_request",
        "invalid_request",
        None,
        None,
    ]
    assert results[3]["id"] == "d"
    assert results[5]["label"] == "unsupported"
    assert results[6]["label"] == results[1]["label"]


def test_batches_of_many_chunks_keep_their_order(service):
    texts = [{"text": PERSON, "id": str(k)} for k in range(100)]
    _, _, answer = service.ask("POST", "/v1/score", {"texts": texts, "evidence": False})
    assert [one["id"] for one in answer["results"]] == [str(k) for k in range(100)]


def test_shapes(service):
    def shaped(shape, body):
        status, _, answer = service.ask("POST", f"/v1/score?shape={shape}", body)
        assert status == 200, answer
        return answer

    openai = shaped("openai", {"texts": [SPUN, PERSON]})
    assert [one["flagged"] for one in openai["results"]] == [True, False]
    assert openai["model"].startswith("mtdetect-en-")
    scores = shaped("perspective", {"text": SPUN})["attributeScores"]
    assert SPUN[: scores["DEGRADED"]["spanScores"][0]["end"]].startswith("The shire council")
    assert shaped("huggingface", {"text": SPUN})[0]["label"] == "spun"
    assert [one[0]["label"] for one in shaped("huggingface", {"texts": [SPUN, PERSON]})] == [
        "spun",
        "original",
    ]
    # A format without a place for errors refuses the whole request.
    assert service.ask("POST", "/v1/score?shape=openai", {"texts": [SPUN, 7]})[0] == 422
    assert service.ask("POST", "/v1/score?shape=other", {"text": SPUN})[0] == 422


def test_compare_says_what_python_says(service, shipped):
    body = {"suspect": SPUN, "original": PERSON, "names": ["a", None]}
    status, _, answer = service.ask("POST", "/v1/compare", body)
    assert status == 200
    assert answer == shipped.compare(SPUN, PERSON, names=("a", None)).to_dict()
    _, _, with_spans = service.ask("POST", "/v1/compare", {**body, "spans": True})
    spans = with_spans.pop("spans")
    assert with_spans == answer
    first = [PERSON[start:end] for start, end in spans["original"]["sentences"]]
    assert first[0].startswith("The county council")
    assert "county" in {PERSON[start:end] for start, end in spans["original"]["changes"]}
    assert "shire" in {SPUN[start:end] for start, end in spans["suspect"]["changes"]}


def test_score_against_an_original(service):
    _, _, answer = service.ask("POST", "/v1/score", {"text": SPUN, "against": PERSON})
    assert answer["match"]["relation"] == "spun"
    assert (
        service.ask("POST", "/v1/score", {"text": SPUN, "against": "12 34"})[2]["error"]["code"]
        == "unsuitable"
    )


def test_collection(service):
    added = {
        "originals": [{"id": "pool", "text": PERSON}, {"id": "pond", "text": "Nothing of the kind. " * 30}]
    }
    answer = service.ask("POST", "/v1/originals", added)[2]
    assert answer.pop("originals") >= 2
    assert answer == {"added": 2, "updated": 0, "unchanged": 0}
    assert service.ask("POST", "/v1/originals", added)[2]["unchanged"] == 2
    _, _, found = service.ask("POST", "/v1/originals/search", {"text": SPUN, "id": "s", "top": 1})
    assert found["id"] == "s"
    assert [one["original"] for one in found["matches"]] == ["pool"]
    _, _, found = service.ask("POST", "/v1/originals/search", {"texts": [SPUN, 7, {"text": "", "id": "e"}]})
    assert found["results"][0]["matches"][0]["original"] == "pool"
    assert found["results"][1]["error"]["code"] == "invalid_request"
    assert found["results"][2] == {"id": "e", "matches": []}
    _, _, scored = service.ask("POST", "/v1/score", {"texts": [PERSON, "7 8 9"], "match": True})
    assert scored["results"][0]["match"]["original"] == "pool"
    assert scored["results"][1]["match"] is None
    named = {"text": SPUN, "against": "Nothing of the kind. " * 30, "match": True}
    assert service.ask("POST", "/v1/score", named)[2]["match"]["relation"] == "unrelated"
    twice = {"originals": [{"id": "a", "text": "one"}, {"id": "a", "text": "two"}]}
    assert service.ask("POST", "/v1/originals", twice)[0] == 422


def test_a_new_collection_is_announced(start, tmp_path):
    """The service may be there to fill it, or its name may be wrong."""
    path = str(tmp_path / "typo.db")
    for new in (True, False):
        with start("--workers", "1", "--against", path) as service:
            assert service.ask("GET", "/healthz")[0] == 200
            said = service.stop()[1].splitlines()
        assert "listening on" in said[0]
        announced = [line for line in said if path in line]
        assert len(announced) == new
        assert all("is new and empty" in line and "--against" in line for line in announced)


@pytest.mark.parametrize("options", [[], ["--store-text"]])
def test_texts_of_a_collection_are_stored_where_asked_for(start, tmp_path, options):
    from mtdetect import Originals

    path = str(tmp_path / "originals.db")
    with start("--workers", "1", "--against", path, *options) as service:
        service.ask("POST", "/v1/originals", {"originals": [{"id": "pool", "text": PERSON}]})
        (match,) = service.ask("POST", "/v1/originals/search", {"text": SPUN})[2]["matches"]
    assert match["original"] == "pool"
    with Originals(path, create=False) as originals:
        assert originals.text("pool") == (PERSON if options else None)


def test_report_is_a_downloadable_page(service):
    status, headers, page = service.ask("POST", "/v1/report", {"text": SPUN, "name": "<b>a"})
    assert status == 200
    assert headers["Content-Disposition"].startswith("attachment")
    assert headers["Content-Security-Policy"].startswith("sandbox")
    assert b"&lt;b&gt;a" in page
    assert b"<b>a" not in page
    _, _, page = service.ask("POST", "/v1/report", {"text": SPUN, "original": PERSON})
    assert b"Spun copy" in page


def test_answers_are_as_described(service):
    """Every answer fits the models that make the OpenAPI description."""
    from mtdetect.serve import schemas

    def checked(model, path, body):
        status, _, answer = service.ask("POST", path, body)
        assert status == 200, answer
        model.model_validate(answer)

    checked(schemas.VerdictAnswer, "/v1/score", {"text": SPUN, "against": PERSON})
    checked(schemas.VerdictBatch, "/v1/score", {"texts": [SPUN, PERSON, "", 7], "match": True})
    checked(schemas.VerdictAnswer, "/v1/score", {"text": SPUN, "evidence": False})
    checked(schemas.OpenAIAnswer, "/v1/score?shape=openai", {"text": SPUN})
    checked(schemas.PerspectiveAnswer, "/v1/score?shape=perspective", {"text": SPUN})
    checked(schemas.PerspectiveBatch, "/v1/score?shape=perspective", {"texts": [SPUN]})
    checked(schemas.CompareAnswer, "/v1/compare", {"suspect": SPUN, "original": PERSON, "spans": True})
    checked(schemas.SearchAnswer, "/v1/originals/search", {"text": SPUN})
    checked(schemas.SearchBatch, "/v1/originals/search", {"texts": [SPUN, 7]})
    for entry in service.ask("POST", "/v1/score?shape=huggingface", {"text": SPUN})[2]:
        schemas.HuggingFaceLabel.model_validate(entry)


def test_description(service):
    status, _, described = service.ask("GET", "/openapi.json")
    assert status == 200
    own = ("/v1/score", "/v1/compare", "/v1/originals", "/v1/originals/search", "/v1/report")
    for path in (*own, "/v1/moderations", "/v1alpha1/comments:analyze", "/models/{name}"):
        body = described["paths"][path]["post"]["requestBody"]["content"]["application/json"]["schema"]
        model = described["components"]["schemas"][body["$ref"].rpartition("/")[2]]
        assert model["examples"], path
        # The service accepts its own examples.
        if "originals" not in path:
            for example in model["examples"]:
                assert service.ask("POST", path, example)[0] == 200


# -- operation


def test_health_and_metrics(service, shipped):
    assert service.ask("GET", "/healthz")[2]["status"] == "ok"
    ready = service.ask("GET", "/readyz")[2]
    assert ready["model"] == shipped.model.to_dict()
    service.ask("POST", "/v1/score", {"text": SPUN})
    text = service.ask("GET", "/metrics")[2].decode()
    assert f'sha256="{shipped.model.sha256}"' in text
    figures = dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
    assert float(figures['mtdetect_labels_total{label="spun"}']) >= 1
    assert figures["mtdetect_texts_in_flight"] == "0.0"
    assert float(figures['mtdetect_request_seconds_count{route="/v1/score"}']) >= 1
    assert float(figures['mtdetect_requests_total{method="POST",route="/v1/score",status="200"}']) >= 1


def test_request_ids(service):
    assert service.ask("GET", "/healthz", headers={"X-Request-Id": "abc-1"})[1]["X-Request-Id"] == "abc-1"
    made = service.ask("GET", "/healthz", headers={"X-Request-Id": "no good\t"})[1]["X-Request-Id"]
    assert len(made) == 32
    _, headers, answer = service.ask("GET", "/nothing", headers={"X-Request-Id": "abc-2"})
    assert answer["error"]["request_id"] == headers["X-Request-Id"] == "abc-2"


def test_security_headers(service):
    _, headers, page = service.ask("GET", "/")
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert b"style=" not in page
    assert b"onclick" not in page
    origin = {"Origin": "https://elsewhere.example", "Access-Control-Request-Method": "POST"}
    for method in ("OPTIONS", "POST"):
        _, headers, _ = service.ask(method, "/v1/score", {"text": "x"}, headers=origin)
        assert not [name for name in headers if name.lower().startswith("access-control")]


def test_page_has_the_texts_of_the_reports_and_the_examples(service):
    from mtdetect.rendering.html_score import HEADINGS, KINDS

    words = service.ask("GET", "/assets/words.json")[2]
    assert (words["headings"], words["kinds"]) == (HEADINGS, KINDS)
    assert words["example"] == {"suspect": SPUN, "original": PERSON}


# -- refusals


def test_refusals_name_fields_without_pydantics_kinds(service):
    status, _, answer = service.ask("POST", "/v1/moderations", {"input": 5})
    assert status == 400  # as the service that it stands for answers
    said = answer["error"]["message"]
    assert said.startswith("body.input: ")
    assert not {"[", "("} & set(said)
    for body in ({}, {"text": "a", "texts": ["b"]}):
        said = service.ask("POST", "/v1/score", body)[2]["error"]["message"]
        assert said == "body: give either 'text' or 'texts'"


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ("{", 400, "broken_json"),
        ("[" * 200_000, 400, "broken_json"),
        (b'{"text": "\xff"}', 400, "broken_json"),
        ("", 400, "broken_json"),
        ("null", 422, "invalid_request"),
        ("[]", 422, "invalid_request"),
        ("{}", 422, "invalid_request"),
        ('{"text": 5}', 422, "invalid_request"),
        ('{"text": null}', 422, "invalid_request"),
        ('{"text": "a", "texts": ["a"]}', 422, "invalid_request"),
        ('{"texts": []}', 422, "invalid_request"),
        ('{"texts": "a"}', 422, "invalid_request"),
        ('{"text": "a", "fpr": 0}', 422, "invalid_request"),
        ('{"text": "a", "fpr": NaN}', 422, "invalid_request"),
        ('{"text": "a", "fpr": "0.1"}', 422, "invalid_request"),
        ('{"text": "a", "txt": "b"}', 422, "invalid_request"),
        ('{"text": "a", "id": 5}', 422, "invalid_request"),
        ('{"text": "a", "policy": "nobody"}', 422, "invalid_request"),
        (json.dumps({"text": "a " * 600_000}), 413, "too_large"),
        (json.dumps({"text": "b", "against": "a " * 600_000}), 413, "too_large"),
        (json.dumps({"texts": ["a"] * 257}), 413, "too_large"),
        (json.dumps({"text": "a " * 5_000_000}), 413, "too_large"),
    ],
)
def test_bad_bodies(service, body, status, code):
    got, _, answer = service.ask("POST", "/v1/score", body)
    assert (got, answer["error"]["code"]) == (status, code)
    assert answer["error"]["message"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v1/score", 405),
        ("DELETE", "/v1/originals", 405),
        ("GET", "/nothing", 404),
        ("GET", "/../../etc/passwd", 404),
        ("GET", "/assets/../app.py", 404),
        ("GET", "/assets/%2e%2e/app.py", 404),
        ("GET", "/assets/suspect.txt", 404),
        ("GET", "/docs", 404),
    ],
)
def test_bad_paths(service, method, path, status):
    got, _, answer = service.ask(method, path)
    assert got == status
    assert answer["error"]["message"]


def test_only_json_is_accepted(service):
    """A page of another site can send forms and plain text without a preflight request."""
    for kind in ("text/plain", "application/x-www-form-urlencoded", ""):
        got, _, answer = service.ask("POST", "/v1/score", json.dumps({"text": SPUN}), {"Content-Type": kind})
        assert (got, answer["error"]["code"]) == (415, "wrong_type")


def test_large_body_without_a_length_is_refused(service):
    part = b"10000\r\n" + b"a" * 0x10000 + b"\r\n"
    head = b"POST /v1/score HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    sent = head + b"Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n" + part * 200 + b"0\r\n\r\n"
    assert raw(service, sent).startswith(b"HTTP/1.1 413 ")


def test_expect_continue_is_refused_before_the_body(service):
    head = b"POST /v1/score HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    answer = raw(service, head + b"Expect: 100-continue\r\nContent-Length: 90000000\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"100 Continue" not in answer


@pytest.mark.parametrize(
    "sent",
    [
        b"nonsense\r\n\r\n",
        b"POST /v1/score HTTP/1.1\r\nHost: localhost\r\nContent-Length: -5\r\n\r\n",
        b"POST /v1/score HTTP/1.1\r\nHost: localhost\r\nContent-Length: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"a" * 70_000,
    ],
)
def test_malformed_http(service, sent):
    assert raw(service, sent).startswith(b"HTTP/1.1 400 ")


def test_other_host_names_are_refused(service):
    assert service.ask("GET", "/healthz", headers={"Host": "elsewhere.example"})[0] == 421
    assert service.ask("GET", "/healthz", headers={"Host": "localhost:1"})[0] == 200


def test_neither_errors_nor_logs_hold_texts(start, tmp_path):
    text = f"{SECRET} said so. {SPUN}"
    refused = 0
    with start("--workers", "1") as service:
        for body in (
            {"text": text, "id": SECRET, "source": SECRET},
            {"text": [SECRET]},
            {"text": text, SECRET: 1},
            {"text": text, "policy": SECRET},
            {"texts": [text, {"text": 7, "id": "x", "source": [SECRET]}]},
            {"text": "a " * 600_000 + SECRET},
        ):
            status, _, answer = service.ask("POST", "/v1/score", body)
            if status >= 400 and SECRET not in body:  # the error names a wrong field
                assert SECRET not in json.dumps(answer)
                refused += 1
        assert refused >= 3
        service.ask("POST", "/v1/score", "{" + SECRET)
        service.ask("POST", "/v1/compare", {"suspect": text, "original": "1 2 3 " + SECRET})
        service.ask("GET", f"/{SECRET}?{SECRET}")
        code, log = service.stop()
    assert code == 0
    assert SECRET not in log
    first, *rest = log.splitlines()
    assert "listening" in first
    entries = [json.loads(line) for line in rest]
    assert [one["event"] for one in entries] == ["request"] * 9
    assert entries[0]["labels"] == {"spun": 1}


# -- tokens, tenants, policies, audit


POLICY = """
name = "{name}"
observe = {observe}
rules = [{{action = "block", label = "spun"}}, {{action = "review", relation = ["related", "edited", "verbatim"], min_copied = 0.5}}]
"""


@pytest.fixture
def protected(tmp_path):
    """Options of a service with tokens, policies and an audit log."""
    for name, observe in (("strict", "false"), ("watch", "true")):
        text = POLICY.format(name=name, observe=observe)
        (tmp_path / f"{name}.toml").write_text(text, encoding="utf-8")
    (tmp_path / "tokens").write_text(
        "# ours\nwatch:watch-0123456789abcdef\nops-0123456789abcdef\n", encoding="utf-8"
    )
    return [
        *("--policy", str(tmp_path / "strict.toml"), "--policy", str(tmp_path / "watch.toml")),
        *("--tokens", str(tmp_path / "tokens"), "--audit", str(tmp_path / "audit.jsonl")),
        *("--against", str(tmp_path / "originals.db")),
    ]


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


def test_tokens_tenants_and_decisions(start, protected, tmp_path, capsys):
    ops, watch = bearer("ops-0123456789abcdef"), bearer("watch-0123456789abcdef")
    with start(*protected, "--workers", "1") as service:

        def score(headers, **body):
            return service.ask("POST", "/v1/score", {"text": SPUN, "id": "a", **body}, headers)

        for wrong in ({}, bearer("nobody-0123456789"), bearer(""), {"Authorization": "Basic b3Bz"}):
            status, headers, answer = score(wrong)
            assert (status, answer["error"]["code"]) == (401, "unauthorized")
            assert headers["WWW-Authenticate"].startswith("Bearer")
        assert score({"Authorization": "Basic ops-0123456789abcdef"})[0] == 401
        assert service.ask("GET", "/metrics")[0] == 401
        for path in ("/", "/healthz", "/readyz", "/openapi.json"):
            assert service.ask("GET", path)[0] == 200

        decision = score(ops)[2]["decision"]
        assert (decision["action"], decision["policy"]["name"]) == ("block", "strict")
        decision = score(watch)[2]["decision"]
        assert (decision["action"], decision["decided"]) == ("allow", "block")
        assert score(ops, policy="watch")[2]["decision"]["policy"]["name"] == "watch"
        assert score(watch, policy="strict")[0] == 403
        # What cannot be read has a place in the answer and none in the log.
        status, _, answer = service.ask("POST", "/v1/score", {"texts": [5, SPUN]}, ops)
        assert (status, [("error" in one) for one in answer["results"]]) == (200, [True, False])
        assert score(ops, policy="nobody")[0] == 422

        # A rule about originals makes the service search for them.
        service.ask("POST", "/v1/originals", {"originals": [{"id": "pool", "text": PERSON}]}, ops)
        decision = score(ops, text=PERSON)[2]["decision"]
        assert (decision["action"], decision["reasons"][0]) == (
            "review",
            "relation to the original: verbatim",
        )
        code, log = service.stop()
    assert code == 0
    assert "0123456789abcdef" not in log
    entries = [
        json.loads(line) for line in (tmp_path / "audit.jsonl").read_text(encoding="utf-8").splitlines()
    ]
    decided = [one for one in entries if one["kind"] == "decision"]
    assert [one["decision"]["decided"] for one in decided] == ["block", "block", "block", "block", "review"]
    assert [one["item"] for one in decided] == [0, 0, 0, 1, 0]
    assert {(one["retranslate"], one["profile"]) for one in decided} <= {("never", None), ("auto", None)}
    assert all(one["request"] and one["text_sha256"] for one in decided)
    assert "swimming" not in (tmp_path / "audit.jsonl").read_text(encoding="utf-8")

    capsys.readouterr()
    replay = ["audit", "replay", str(tmp_path / "audit.jsonl"), "--texts", str(EXAMPLES / "spun.txt")]
    assert main(replay) == 0
    assert "5 decisions, 0 would differ; 4 texts scored again" in capsys.readouterr().err


def test_tokens_from_the_environment(start):
    with start("--workers", "1", environment={"MTDETECT_TOKENS": "env-0123456789abcdef"}) as service:
        assert service.ask("POST", "/v1/score", {"text": "x"})[0] == 401
        assert service.ask("POST", "/v1/score", {"text": "x"}, bearer("env-0123456789abcdef"))[0] == 200


def test_request_fails_if_the_audit_log_cannot_be_written(start, protected, tmp_path):
    headers = bearer("ops-0123456789abcdef")
    with start(*protected, "--workers", "1") as service:
        assert service.ask("POST", "/v1/score", {"text": SPUN}, headers)[0] == 200
        (tmp_path / "audit.jsonl").unlink()
        (tmp_path / "audit.jsonl").mkdir()
        status, answered, answer = service.ask("POST", "/v1/score", {"text": SPUN}, headers)
        assert (status, answer["error"]["code"]) == (503, "audit_failed")
        assert answered["Retry-After"]


# -- load


def test_work_that_takes_too_long_is_stopped(start):
    with start("--max-seconds", "0.3", "--workers", "1", "--max-text", "8M") as service:
        status, headers, answer = service.ask("POST", "/v1/score", {"text": LONG * 20})
        assert (status, answer["error"]["code"]) == (503, "too_slow")
        assert int(headers["Retry-After"]) >= 1
        # The killed worker is replaced.
        for _ in range(100):
            if service.ask("POST", "/v1/score", {"text": "Short."})[0] == 200:
                break
            time.sleep(0.1)
        assert service.ask("POST", "/v1/score", {"text": "Short."})[0] == 200
        text = service.ask("GET", "/metrics")[2].decode()
        assert "mtdetect_workers_replaced_total 1.0" in text
        assert 'mtdetect_rejected_total{reason="time"} 1.0' in text


def test_overload_ends_no_healthy_worker(start):
    """Together the requests take several times their limit, each a small part of it."""
    body = {"text": LONG[:100_000], "evidence": False}
    with start("--workers", "1", "--max-seconds", "2") as service, ThreadPoolExecutor(40) as threads:
        answers = list(threads.map(lambda _: service.ask("POST", "/v1/score", body), range(40)))
        assert {status for status, _, _ in answers} <= {200, 503}
        assert sum(status == 200 for status, _, _ in answers) >= 2
        refused = [one for one in answers if one[0] == 503]
        assert {answer["error"]["code"] for _, _, answer in refused} <= {"overloaded"}
        assert all(int(headers["Retry-After"]) >= 1 for _, headers, _ in refused)
        assert "mtdetect_workers_replaced_total 0.0" in service.ask("GET", "/metrics")[2].decode()


def test_too_many_requests_are_refused(start):
    with start("--workers", "1", "--max-waiting", "1") as service, ThreadPoolExecutor(6) as threads:
        answers = list(threads.map(lambda _: service.ask("POST", "/v1/score", {"text": LONG}), range(6)))
        statuses = [status for status, _, _ in answers]
        assert set(statuses) == {200, 503}
        refused = next(one for one in answers if one[0] == 503)
        assert refused[2]["error"]["code"] == "overloaded"
        assert int(refused[1]["Retry-After"]) >= 1
        assert service.ask("POST", "/v1/score", {"text": "Short."})[0] == 200


def test_limit_per_client(start):
    with start("--workers", "1", "--max-per-client", "1") as service, ThreadPoolExecutor(3) as threads:
        answers = list(threads.map(lambda _: service.ask("POST", "/v1/score", {"text": LONG}), range(3)))
        assert {status for status, _, _ in answers} == {200, 429}
        assert all(int(headers["Retry-After"]) >= 1 for status, headers, _ in answers if status == 429)


def test_slow_clients_are_disconnected(start):
    head = b"POST /v1/score HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 99\r\n"
    with start("--workers", "1", "--max-upload", "0.2") as service:
        assert raw(service, head + b"\r\n{").startswith(b"HTTP/1.1 408 ")
        assert raw(service, head) == b""  # the head never ends
        assert raw(service, b"") == b""
        assert service.ask("GET", "/healthz")[0] == 200


def test_clients_that_disconnect(service):
    head = b"POST /v1/score HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n"
    for sent in (head, head + b"{", b"", b"GET / HT"):
        with socket.create_connection(("127.0.0.1", service.port), timeout=10) as connection:
            connection.sendall(sent)
    whole = json.dumps({"text": SPUN}).encode()
    with socket.create_connection(("127.0.0.1", service.port), timeout=10) as connection:
        connection.sendall(head.replace(b"99", str(len(whole)).encode()) + whole)
    assert service.ask("POST", "/v1/score", {"text": "Short."})[0] == 200


def test_requests_of_clients_that_have_gone_are_not_worked_on(start):
    """They wait behind a long one, and their clients do not."""
    body = json.dumps({"text": SPUN}).encode()
    head = f"POST /v1/score HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    with start("--workers", "1") as service, ThreadPoolExecutor(1) as threads:
        first = threads.submit(service.ask, "POST", "/v1/score", {"text": LONGEST})
        for _ in range(200):
            if b"mtdetect_texts_in_flight 1.0" in service.ask("GET", "/metrics")[2]:
                break
            time.sleep(0.02)
        with ExitStack() as gone:
            for _ in range(3):
                connection = gone.enter_context(
                    socket.create_connection(("127.0.0.1", service.port), timeout=10)
                )
                connection.sendall(head.encode() + body)
            time.sleep(0.05)
        assert first.result()[0] == 200
        for _ in range(200):
            metrics = service.ask("GET", "/metrics")[2].decode()
            if "mtdetect_texts_in_flight 0.0" in metrics:
                break
            time.sleep(0.02)
    assert 'status="499"} 3.0' in metrics
    assert 'status="200"} 1.0' in metrics.split('route="/v1/score"', 1)[1]


def test_stop_answers_running_requests(start):
    with start("--workers", "1") as service:
        answers = []
        asking = threading.Thread(
            target=lambda: answers.append(service.ask("POST", "/v1/score", {"text": LONG, "evidence": False}))
        )
        asking.start()
        for _ in range(200):
            if b"mtdetect_texts_in_flight 1.0" in service.ask("GET", "/metrics")[2]:
                break
            time.sleep(0.02)
        code, _ = service.stop()
        asking.join(60)
        assert code == 0
        assert [status for status, _, _ in answers] == [200]


# -- starting


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["--port", "99999"], "is not a port"),
        (["--against", "."], "is a folder"),
        (["--against", "text.txt"], "not a collection"),
        (["--store-text"], "name it with --against DB"),
        (["--model", "nowhere"], "nowhere"),
        (["--policy", "nowhere.toml"], "cannot be read"),
        (["--policy", "p.toml", "--policy", "p.toml"], "two policies are called 'p'"),
        (["--audit", "audit.jsonl"], "give a policy"),
        (["--policy", "p.toml", "--audit", "nowhere/audit.jsonl"], "cannot be written"),
        (["--tokens", "nowhere"], "cannot be read"),
        (["--tokens", "text.txt"], "shorter than"),
        (["--tokens", "p.toml"], "holds no token"),
        (["--max-body", "much"], "is not a size"),
        (["--max-seconds", "0"], "is not a number of seconds"),
    ],
)
def test_start_errors_are_one_line(shipped, tmp_path, monkeypatch, capfd, args, message):
    (tmp_path / "text.txt").write_text("short", encoding="utf-8")
    (tmp_path / "p.toml").write_text("", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert main(["serve", "--port", "0", *args]) == 2
    out, err = capfd.readouterr()
    assert out == ""
    assert message in err
    assert len(err.splitlines()) == 1


def test_port_in_use(shipped, capfd):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert main(["serve", "--port", str(port)]) == 2
    assert f"127.0.0.1:{port}: cannot listen there" in capfd.readouterr().err


def test_missing_extra(monkeypatch, capsys):
    import sys

    for name in [name for name in sys.modules if name.startswith("mtdetect.serve")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "fastapi", None)
    assert main(["serve"]) == 2
    assert "pip install 'mtdetect[serve]'" in capsys.readouterr().err
