"""The server gets passages with each row: found as for rag, counted as data that leaves, and forecast."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from advisor.cli.jobs import Work
from advisor.cli.trainings import permitted
from advisor.engagement import codec
from advisor.engagement.errors import NotReady, PlanError
from advisor.engagement.folder import Engagement
from advisor.engagement.progress import silent
from advisor.engagement.records.plan import EndpointSettings, Plan, RetrievalSettings
from harness.executors.local import Job
from harness.forecasting import forecast
from harness.retrieval.asking import grounds
from harness.running import arm_data
from tests.harness.conftest import engagement_with, tickets
from tests.harness.servers import serving
from tests.harness.test_retrieval import library


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Engagement:
    """Twenty documents and questions about one each."""
    return library(tmp_path_factory.mktemp("hosted"))


def plan_for(url: str, *arms: str, **changes: Any) -> Plan:
    """These arms behind this address."""
    server = {"base_url": url, "model": "m", "deadline": 5.0, "usd_in": 1.0, "usd_out": 2.0} | changes
    return Plan(
        arms=list(arms or ("endpoint_rag",)),
        instruction="Answer.",
        metric="token_f1",
        limit=12,
        endpoint=EndpointSettings(**server),
        retrieval=RetrievalSettings(passages=2),
    )


def from_the_passages(asked: str) -> str:
    """What the passages say of the thing asked about, with the passage's number."""
    topic = re.findall(r"price of (\w+)", asked)[-1]
    number = re.findall(r"price of|case|(\d+): price", asked)[-1]
    marks = re.findall(r"\[(\d)\][^\[]*?" + topic + r" costs (\d+) coins", asked)
    return f"{marks[0][1]} coins, case {number} [{marks[0][0]}]" if marks else "not known"


def test_rows_go_out_with_the_passages_that_rag_finds_and_citations_are_read(shop: Engagement) -> None:
    seen: list[str] = []

    def answer(asked: str) -> str:
        seen.append(asked)
        return from_the_passages(asked)

    with serving(answer) as (url, _):
        plan = plan_for(url)
        work = Work(shop, plan, on_progress=silent)
        work.run(Job("run", "endpoint_rag", 0))
        folder = shop.run_folder(work.run_spec(Job("run", "endpoint_rag", 0)))
    data = arm_data(shop, plan)
    found = grounds(plan, shop, data, arm="rag")
    rows = {row.id: row for row in folder.predictions()}
    for example in (*data.validation, *data.test):
        expected = found.found(example)
        assert rows[example.id].retrieved == expected.documents[:10]
        assert any(all(passage.text in text for passage in expected.passages[:2]) for text in seen)
        assert rows[example.id].cited == example.gold_doc_ids
        assert "[" not in (rows[example.id].output or "")
    result = folder.result()
    assert result is not None and result.retrieval is not None
    assert result.retrieval.found["recall@3"].value == 1.0
    assert "each with up to 2 passages" in result.choices["server"]
    assert "{input}" in result.prompt and "{passage}" in result.prompt


def test_passages_are_data_that_leaves(shop: Engagement) -> None:
    codec.write_text(shop.answers_path, 'data_leaves = "own_machines"\n')
    away = plan_for("https://models.example.com/v1")
    with pytest.raises(NotReady, match=r"endpoint_rag, with passages of the documents, would send client"):
        permitted(shop, away, tracker="", allowed=())
    permitted(shop, away, tracker="", allowed=("models.example.com",))
    shop.answers_path.unlink()


def test_without_documents_or_a_server_it_is_refused_before_anything_is_sent(
    shop: Engagement, tmp_path: Path
) -> None:
    bare = engagement_with(tmp_path, tickets(40))
    server = EndpointSettings(base_url="http://localhost:1/v1", model="m")
    with pytest.raises(NotReady, match="endpoint_rag searches documents"):
        Work(bare, Plan(arms=["endpoint_rag"], instruction="Sort.", endpoint=server), on_progress=silent)
    nameless = Plan(arms=["endpoint_rag"], instruction="Answer.", metric="token_f1")
    with pytest.raises(PlanError, match="the arm endpoint_rag asks a server, and the plan names none"):
        Work(shop, nameless, on_progress=silent)


def test_the_bill_is_forecast_by_tokens_and_holds(shop: Engagement) -> None:
    with serving(from_the_passages) as (url, _):
        plan = plan_for(url, "endpoint", "endpoint_rag")
        expected = forecast(shop, plan, device="cpu")
    plain, grounded = expected.arms
    assert plain.cost_usd is not None and grounded.cost_usd is not None
    assert plain.cost_usd.low < plain.cost_usd.likely < plain.cost_usd.high
    assert grounded.tokens > plain.tokens
    assert expected.servers_usd is not None and expected.cost_usd == expected.servers_usd
    assert expected.servers_usd.likely == pytest.approx(plain.cost_usd.likely + grounded.cost_usd.likely)
    assert any("24 requests to m at 127.0.0.1" in told for told in expected.assumptions)
    # by hand: input tokens at 1 and eight tokens out at 2 per million
    said = 24 * 8
    assert plain.cost_usd.likely == pytest.approx((plain.tokens + 2 * said) / 1e6, rel=0.2)
    capped = forecast(shop, plan_for(url, "endpoint", max_usd=1e-6), device="cpu")
    assert capped.cost_usd is not None and capped.cost_usd.high == 1e-6
    unknown = forecast(shop, plan_for(url, "endpoint", usd_in=0.0, usd_out=0.0), device="cpu")
    assert unknown.cost_usd is None
    assert any("no price is known: set usd_in" in told for told in unknown.assumptions)
