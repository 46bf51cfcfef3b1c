"""Metrics for Prometheus. Names begin with ``mtdetect_``; no label holds anything from a text."""

from __future__ import annotations

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    GCCollector,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)

from mtdetect.verdict import ModelInfo

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


class Metrics:
    """Metrics of one service, in a registry of their own: two services in one process do not share them."""

    def __init__(self) -> None:
        own = self._registry = CollectorRegistry()
        for collector in (ProcessCollector, PlatformCollector, GCCollector):
            collector(registry=own)
        self.requests = Counter(
            "mtdetect_requests", "Requests answered.", ("route", "method", "status"), registry=own
        )
        self.seconds = Histogram(
            "mtdetect_request_seconds",
            "Time from the head of a request to the end of its answer.",
            ("route",),
            buckets=SECONDS,
            registry=own,
        )
        self.labels = Counter("mtdetect_labels", "Texts scored, by label.", ("label",), registry=own)
        self.retranslated = Counter(
            "mtdetect_retranslated", "Texts about which the translation engine was consulted.", registry=own
        )
        self.engine_seconds = Counter(
            "mtdetect_engine_seconds", "Time of the translation engine.", registry=own
        )
        self.decisions = Counter(
            "mtdetect_decisions", "Decisions, by policy and action.", ("policy", "action"), registry=own
        )
        self.in_flight = Gauge(
            "mtdetect_texts_in_flight", "Texts being scored or waiting for a worker.", registry=own
        )
        self.rejected = Counter(
            "mtdetect_rejected", "Requests refused because of load, by reason.", ("reason",), registry=own
        )
        self.replaced = Counter(
            "mtdetect_workers_replaced", "Worker processes that ended and were replaced.", registry=own
        )
        self._model = Gauge(
            "mtdetect_model_info", "The model in use.", ("name", "version", "sha256"), registry=own
        )

    def model(self, info: ModelInfo) -> None:
        """Record which model is in use.

        Parameters
        ----------
        info : ModelInfo
            Its name, version and checksum become labels.
        """
        self._model.labels(info.name, info.version, info.sha256).set(1)

    def text(self) -> bytes:
        """Return all metrics in Prometheus text format."""
        return generate_latest(self._registry)
