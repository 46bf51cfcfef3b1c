"""Clients of other moderation services at this one: requests, answers and errors in the form of those services."""

from __future__ import annotations

import asyncio
import gc
import json
import warnings
from pathlib import Path

import pytest

pytest.importorskip("fastapi")

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"
SPUN = (EXAMPLES / "spun.txt").read_text(encoding="utf-8")
PERSON = (EXAMPLES / "person.txt").read_text(encoding="utf-8")

OPENAI, PERSPECTIVE, HUGGINGFACE = "/v1/moderations", "/v1alpha1/comments:analyze", "/models/any/name"
TOKEN = "0123456789abcdefg"


def analysis(text=SPUN, attributes=("DEGRADED",), **more):
    return {"comment": {"text": text}, "requestedAttributes": {name: {} for name in attributes}, **more}


# -- answers


def test_openai(service, shipped):
    request = {"input": [SPUN, PERSON], "model": "omni-moderation-latest", "user": "someone"}
    status, _, answer = service.ask("POST", OPENAI, request)
    assert status == 200
    assert answer == service.ask("POST", "/v1/score?shape=openai", {"texts": [SPUN, PERSON]})[2] | {
        "id": answer["id"]
    }
    assert [one["flagged"] for one in answer["results"]] == [True, False]
    (alone,) = service.ask("POST", OPENAI, {"input": SPUN})[2]["results"]
    assert alone == answer["results"][0]
    parts = [{"type": "text", "text": part} for part in SPUN.split("\n\n")]
    assert service.ask("POST", OPENAI, {"input": parts})[2]["results"] == [alone]
    (strict,) = service.ask("POST", OPENAI, {"input": SPUN, "fpr": 1e-6})[2]["results"]
    assert not strict["flagged"]


def test_perspective(service, shipped):
    verdict = shipped.score(SPUN).to_dict()
    body = analysis(attributes=("SPUN", "DEGRADED"), languages=["en"], clientToken="t-1", sessionId="s")
    status, _, answer = service.ask("POST", PERSPECTIVE, body)
    assert status == 200
    assert list(answer["attributeScores"]) == ["SPUN", "DEGRADED"]
    whole = answer["attributeScores"]["DEGRADED"]
    assert whole["summaryScore"] == {"value": verdict["score"], "type": "PROBABILITY"}
    assert whole["spanScores"] == [{"begin": 0, "end": len(SPUN), "score": whole["summaryScore"]}]
    assert (answer["languages"], answer["detectedLanguages"], answer["clientToken"]) == (
        ["en"],
        ["en"],
        "t-1",
    )
    _, _, answer = service.ask("POST", PERSPECTIVE, analysis(spanAnnotations=True))
    assert len(answer["attributeScores"]["DEGRADED"]["spanScores"]) == len(verdict["sentences"])
    body = analysis(PERSON, ("SPUN", "DEGRADED"))
    body["requestedAttributes"]["SPUN"] = {"scoreType": "PROBABILITY", "scoreThreshold": 0.9}
    assert list(service.ask("POST", PERSPECTIVE, body)[2]["attributeScores"]) == ["DEGRADED"]
    _, _, answer = service.ask("POST", PERSPECTIVE, analysis("\U0001f40e" + SPUN))
    assert answer["attributeScores"]["DEGRADED"]["spanScores"][0]["end"] == len(SPUN) + 2


def test_huggingface(service, shipped):
    shares = shipped.score(SPUN).to_dict()["probabilities"]
    for path in ("/", HUGGINGFACE, "/v1/score"):
        status, _, answer = service.ask("POST", path, {"inputs": SPUN, "parameters": {}})
        assert status == 200, answer
        ((best, *rest),) = answer
        assert best == {"label": "spun", "score": shares["spun"]}
        assert len(rest) == 2
        _, _, both = service.ask("POST", path, {"inputs": [SPUN, PERSON]})
        assert [one[0]["label"] for one in both] == ["spun", "original"]
    body = {"inputs": SPUN, "parameters": {"top_k": 1, "function_to_apply": "softmax"}, "options": {}}
    assert service.ask("POST", "/", body)[2] == [[best]]
    assert service.ask("GET", "/")[1].get_content_type() == "text/html"


# -- errors


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        (OPENAI, {"input": []}, 400),
        (OPENAI, {"model": "m"}, 400),
        (OPENAI, {"input": [1, 2]}, 400),
        (OPENAI, {"input": [{"type": "image_url", "image_url": {"url": "u"}}]}, 400),
        (OPENAI, "{", 400),
        (OPENAI, {"input": ["a"] * 257}, 413),
        (OPENAI, {"input": "a " * 600_000}, 413),
        (PERSPECTIVE, analysis(attributes=()), 400),
        (PERSPECTIVE, analysis(attributes=("DEGRADED", "TOXICITY")), 400),
        (PERSPECTIVE, analysis(languages=["de"]), 400),
        (PERSPECTIVE, analysis(" "), 400),
        (
            PERSPECTIVE,
            {"comment": {"text": "<p>a", "type": "HTML"}, "requestedAttributes": {"SPUN": {}}},
            400,
        ),
        (PERSPECTIVE, {"comment": SPUN}, 400),
        (PERSPECTIVE, analysis("a " * 600_000), 413),
        (PERSPECTIVE, "a" * 9_000_000, 413),
        ("/", {}, 400),
        (HUGGINGFACE, {"inputs": []}, 400),
        (HUGGINGFACE, {"inputs": {"text": "a"}}, 400),
        (HUGGINGFACE, {"inputs": "a " * 600_000}, 413),
    ],
)
def test_errors_have_the_form_of_the_service(service, path, body, status):
    got, _, answer = service.ask("POST", path, body)
    assert got == status
    error = answer.pop("error")
    assert not answer
    if path == OPENAI:
        assert set(error) == {"message", "type", "param", "code"}
        assert error["type"] == "invalid_request_error"
    elif path == PERSPECTIVE:
        assert (error["code"], error["status"]) == (status, "INVALID_ARGUMENT")
        assert error["message"]
    else:
        assert isinstance(error, str)


def test_perspective_names_the_kind_of_error(service):
    for body, kind in (
        (analysis(" "), "COMMENT_EMPTY"),
        (analysis(languages=["fr"]), "LANGUAGE_NOT_SUPPORTED_BY_ATTRIBUTE"),
        (analysis("a " * 600_000), "COMMENT_TOO_LONG"),
    ):
        error = service.ask("POST", PERSPECTIVE, body)[2]["error"]
        assert [one["errorType"] for one in error["details"]] == [kind]


def test_what_the_guard_refuses(service):
    for path in (OPENAI, PERSPECTIVE, HUGGINGFACE, "/"):
        status, _, answer = service.ask("POST", path, "a=b", {"Content-Type": "text/plain"})
        assert status == 415
        assert set(answer) == {"error"}
    assert service.ask("GET", OPENAI)[2]["error"]["type"] == "invalid_request_error"
    assert isinstance(service.ask("GET", HUGGINGFACE)[2]["error"], str)
    figures = service.ask("GET", "/metrics")[2].decode()
    assert 'route="/models/"' in figures
    assert "any/name" not in figures


def test_tokens_policies_and_what_is_stored(start, tmp_path):
    policy, audit, tokens = tmp_path / "p.toml", tmp_path / "audit.jsonl", tmp_path / "tokens"
    policy.write_text('default = "review"\n')
    tokens.write_text(TOKEN + "\n")
    args = [
        "--workers",
        "1",
        "--tokens",
        str(tokens),
        "--policy",
        str(policy),
        "--audit",
        str(audit),
        "--audit-text",
    ]
    with start(*args) as service:
        bearer = {"Authorization": f"Bearer {TOKEN}"}
        for path, body in ((OPENAI, {"input": SPUN}), (PERSPECTIVE, analysis()), ("/", {"inputs": SPUN})):
            assert service.ask("POST", path, body)[0] == 401
            assert service.ask("POST", path, body, {"Authorization": "Bearer wrong"})[0] == 401
            assert service.ask("POST", path, body, bearer)[0] == 200
        error = service.ask("POST", PERSPECTIVE, analysis())[2]["error"]
        assert (error["code"], error["status"]) == (401, "UNAUTHENTICATED")
        # Only Perspective's clients send a key.
        assert service.ask("POST", f"{PERSPECTIVE}?key={TOKEN}", analysis(doNotStore=True))[0] == 200
        assert service.ask("POST", PERSPECTIVE, analysis(), {"X-Goog-Api-Key": TOKEN})[0] == 200
        assert service.ask("POST", f"{PERSPECTIVE}?key=wrong", analysis())[0] == 401
        assert service.ask("POST", f"{OPENAI}?key={TOKEN}", {"input": SPUN})[0] == 401
        _, _, answer = service.ask("POST", OPENAI, {"input": SPUN}, bearer)
        assert answer["results"][0]["decision"]["action"] == "review"
        _, log = service.stop()
    assert TOKEN not in log
    kept = [one.get("text") for one in map(json.loads, audit.read_text().splitlines()) if "verdict" in one]
    assert len(kept) == 6
    assert kept.count(SPUN) == 5


# -- the clients themselves


@pytest.fixture
def abandoned():
    """Collect the connections that clients leave open, so that no later test is blamed for them."""
    yield
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


@pytest.mark.integration
@pytest.mark.usefixtures("abandoned")
def test_the_client_of_openai(service):
    openai = pytest.importorskip("openai")
    with openai.OpenAI(base_url=f"{service.url}/v1", api_key="none", max_retries=0) as client:
        answer = client.moderations.create(model="omni-moderation-latest", input=[SPUN, PERSON])
        assert [one.flagged for one in answer.results] == [True, False]
        assert answer.results[0].categories.model_dump()["spun"] is True
        assert answer.results[0].category_scores.spun > 0.5
        assert client.moderations.create(input=SPUN).results[0].flagged
        with pytest.raises(openai.BadRequestError) as error:
            client.moderations.create(input=[])
    assert error.value.type == "invalid_request_error"
    assert error.value.code == "invalid_request"


@pytest.mark.integration
@pytest.mark.usefixtures("abandoned")
def test_the_client_of_huggingface(service, monkeypatch):
    monkeypatch.setenv("HF_HUB_DISABLE_TELEMETRY", "1")  # else its first request goes to the Hub
    hub = pytest.importorskip("huggingface_hub")
    for address in (service.url, f"{service.url}/models/mtdetect"):
        with hub.InferenceClient(model=address) as client:
            found = client.text_classification(SPUN)
            assert found[0].label == "spun"
            assert {one.label for one in found} == {"spun", "machine_translated", "original"}
            assert found == sorted(found, key=lambda one: -one.score)
            assert [one.label for one in client.text_classification(SPUN, top_k=1)] == ["spun"]
            with pytest.raises(hub.errors.HfHubHTTPError, match="a text is longer than"):
                client.text_classification("a " * 600_000)
    with hub.InferenceClient(base_url=service.url) as client:
        assert client.text_classification(PERSON)[0].label == "original"


@pytest.mark.integration
@pytest.mark.usefixtures("abandoned")
def test_the_client_of_perspective(service):
    """Its client is made of its description, so the request is what that makes."""
    discovery = pytest.importorskip("googleapiclient.discovery")
    description = {
        "name": "commentanalyzer",
        "version": "v1alpha1",
        "rootUrl": f"{service.url}/",
        "servicePath": "",
        "batchPath": "batch",
        "schemas": {
            "AnalyzeCommentRequest": {"id": "AnalyzeCommentRequest", "type": "object"},
            "AnalyzeCommentResponse": {"id": "AnalyzeCommentResponse", "type": "object"},
        },
        "resources": {
            "comments": {
                "methods": {
                    "analyze": {
                        "id": "commentanalyzer.comments.analyze",
                        "path": "v1alpha1/comments:analyze",
                        "httpMethod": "POST",
                        "parameters": {},
                        "parameterOrder": [],
                        "request": {"$ref": "AnalyzeCommentRequest"},
                        "response": {"$ref": "AnalyzeCommentResponse"},
                    }
                }
            }
        },
    }
    client = discovery.build_from_document(description, developerKey=TOKEN)
    answer = client.comments().analyze(body=analysis()).execute()
    assert answer["attributeScores"]["DEGRADED"]["summaryScore"]["value"] > 0.5
    with pytest.raises(Exception, match="unknown attribute"):
        client.comments().analyze(body=analysis(attributes=("TOXICITY",))).execute()


@pytest.mark.integration
@pytest.mark.filterwarnings("ignore")
def test_litellm(service, monkeypatch):
    monkeypatch.setenv("LITELLM_LOCAL_MODEL_COST_MAP", "True")  # else it is fetched
    litellm = pytest.importorskip("litellm")
    answer = litellm.moderation(
        input=SPUN, model="omni-moderation-latest", api_base=f"{service.url}/v1", api_key="none"
    )
    assert answer.results[0].flagged


@pytest.mark.integration
@pytest.mark.filterwarnings("ignore")
def test_the_guardrail_of_the_example_for_litellm(service, monkeypatch):
    monkeypatch.setenv("LITELLM_LOCAL_MODEL_COST_MAP", "True")
    yaml = pytest.importorskip("yaml")
    of_litellm = pytest.importorskip("litellm.proxy.guardrails.guardrail_hooks.openai.moderations")
    example = yaml.safe_load((EXAMPLES / "litellm.yaml").read_text(encoding="utf-8"))
    (guardrail,) = example["guardrails"]
    given = guardrail["litellm_params"]
    assert given["guardrail"] == "openai_moderation"
    base = given["api_base"].replace("http://127.0.0.1:8000", service.url)
    guard = of_litellm.OpenAIModerationGuardrail(guardrail["guardrail_name"], api_key="none", api_base=base)

    async def ask():
        guard._check_moderation_result(await guard.async_make_request(PERSON))
        return await guard.async_make_request(SPUN)

    answer = asyncio.run(ask())
    with pytest.raises(Exception, match="Violated") as refused:
        guard._check_moderation_result(answer)
    assert refused.value.detail["moderation_result"]["violated_categories"] == ["spun"]
