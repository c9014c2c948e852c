"""What retrieval came to over the test rows of a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from advisor.engagement.records.examples import Example
from advisor.engagement.records.runs import Estimate, Prediction, Retrieval
from harness.retrieval.ranked import hit, ndcg, recall, reciprocal_rank

DEPTHS = (1, 3, 5, 10)


def retrieval_of(
    rows: Sequence[Prediction], gold: Mapping[str, Example], *, abstain: str = "", cite: bool = False
) -> Retrieval | None:
    """Recall, nDCG, MRR, citations and abstentions; None where no row could tell any of it."""
    from harness.statistics import intervals

    answered = [row for row in rows if row.error is None]
    known = [(row.retrieved, gold[row.id].gold_doc_ids) for row in answered if gold[row.id].gold_doc_ids]
    found: dict[str, Estimate] = {}
    if known:
        found = {
            f"recall@{k}": intervals.mean([recall(ids, wanted, k) for ids, wanted in known]) for k in DEPTHS
        }
        for k in DEPTHS:
            found[f"hit@{k}"] = intervals.proportion([hit(ids, wanted, k) for ids, wanted in known])
        found["ndcg@10"] = intervals.mean([ndcg(ids, wanted, 10) for ids, wanted in known])
        found["mrr"] = intervals.mean([reciprocal_rank(ids, wanted) for ids, wanted in known])
    said = [(row.cited, gold[row.id].gold_doc_ids) for row in answered if gold[row.id].gold_doc_ids]
    cited: dict[str, Estimate] = {}
    if cite and said:
        naming = [(ids, wanted) for ids, wanted in said if ids]
        cited = {
            "precision": intervals.mean([len(set(ids) & set(wanted)) / len(ids) for ids, wanted in naming]),
            "recall": intervals.mean(
                [len(set(ids) & set(wanted)) / len(set(wanted)) for ids, wanted in said]
            ),
        }
    abstained = None
    if abstain and answered:
        abstained = intervals.proportion([float(silent(row.output, abstain)) for row in answered])
    if not found and abstained is None:
        return None
    return Retrieval(found=found, cited=cited, abstained=abstained)


def silent(output: str | None, abstain: str) -> bool:
    """Whether an answer is the agreed sentence, but for case and marks around it."""
    return (output or "").strip(" .\"'\n").casefold() == abstain.strip(" .\"'\n").casefold()
