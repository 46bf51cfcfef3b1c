"""The service answers requests generated from its own OpenAPI description without failing."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, Phase, given, settings

schemathesis = pytest.importorskip("schemathesis")

from schemathesis import GenerationMode  # noqa: E402
from schemathesis.checks import not_a_server_error  # noqa: E402
from schemathesis.specs.openapi.checks import (  # noqa: E402
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

CHECKS = [not_a_server_error, content_type_conformance, response_schema_conformance, status_code_conformance]

PATHS = {
    "/v1/score": "post",
    "/v1/compare": "post",
    "/v1/report": "post",
    "/v1/moderations": "post",
    "/v1alpha1/comments:analyze": "post",
    "/models/{name}": "post",
    "/v1/originals": "post",
    "/v1/originals/search": "post",
    "/healthz": "get",
    "/readyz": "get",
    "/metrics": "get",
}


@pytest.fixture(scope="module")
def description(service):
    return schemathesis.openapi.from_url(f"{service.url}/openapi.json")


@pytest.mark.parametrize("path", PATHS)
def test_requests_are_answered_as_described(description, path):
    operation = description[path][PATHS[path]]
    modes = GenerationMode if PATHS[path] == "post" else [GenerationMode.POSITIVE]
    answered = []

    for mode in modes:

        @given(case=operation.as_strategy(generation_mode=mode))
        @settings(
            max_examples=25,
            phases=[Phase.explicit, Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        def asked(case):
            answered.append(case.call_and_validate(checks=CHECKS, timeout=60).status_code)

        asked()
    assert 200 in answered


def test_every_operation_is_tested(description):
    found = {result.ok().path for result in description.get_all_operations()}
    assert found == set(PATHS)
