"""A request of a load balancer or of Prometheus in; ready or not, and figures, out.

The address is the operator's own: nothing here asks who calls, and nothing tells of a person.
"""

from __future__ import annotations

from sqlalchemy.exc import SQLAlchemyError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from bot.operations import metrics
from bot.operations.watch import Watch


def application(watch: Watch) -> Starlette:
    """/healthz: 200 or 503 and why; /livez: 200 while the event loop runs; /metrics."""

    async def healthz(_: Request) -> Response:
        health = await watch.health()
        return JSONResponse(
            {
                "status": "ready" if health.ready else "unavailable",
                "problems": [{"name": problem.name, "detail": problem.detail} for problem in health.problems],
                "generation": health.generation,
                "search_ms": health.milliseconds,
            },
            status_code=200 if health.ready else 503,
        )

    async def livez(_: Request) -> Response:
        return PlainTextResponse("alive\n")

    async def measured(_: Request) -> Response:
        # Where the database fails, the figures of it stay as they were, and kotacerdas_problem says so.
        try:
            await watch.look()
        except SQLAlchemyError:
            metrics.PROBLEM.labels("database").set(1)
        content, media_type = metrics.exposed()
        return Response(content, media_type=media_type)

    return Starlette(
        routes=[Route("/healthz", healthz), Route("/livez", livez), Route("/metrics", measured, methods=["GET"])]
    )
