"""What holds for every judgement, whatever the answer; `benchmarks.fuzz_answers` checks it too."""

from __future__ import annotations

from relgen_assets.extraction import Judgement, RejectionReason, Repair, SentPrompt, judge, occurs
from relgen_assets.extraction.policy import DEFAULT_POLICY, JudgingPolicy
from relgen_assets.extraction.sent_prompt import NO_PROMPT
from relgen_assets.rows.answers import as_written


def assert_sound(
    judgement: Judgement,
    text: str,
    prompt: SentPrompt = NO_PROMPT,
    policy: JudgingPolicy = DEFAULT_POLICY,
) -> None:
    """Check a judgement: its codes are known, and what is accepted keeps all rules.

    Args:
        judgement: The judgement of an answer.
        text: The chunk the answer is about.
        prompt: What was sent.
        policy: What it was judged under.

    Raises:
        AssertionError: A rule is broken.
    """
    assert set(judgement.repairs) <= {repair.value for repair in Repair}
    if judgement.extraction is None:
        assert judgement.verdict == "rejected"
        assert judgement.reason in {reason.value for reason in RejectionReason}
        return
    assert judgement.reason is None
    assert judgement.verdict == ("repaired" if judgement.repairs else "valid")
    extraction = judgement.extraction
    assert len(set(extraction.list_of_entities)) == len(extraction.list_of_entities)
    assert all(occurs(name, text) for name in extraction.list_of_entities)
    assert len(judgement.evidence) == len(extraction.relations)
    assert all(
        finding.fault is None
        and all(0 <= start < end <= len(text) for start, end in finding.evidence)
        for finding in judgement.evidence
    )
    for relation in extraction.relations:
        sources, targets = set(relation.source_entities), set(relation.target_entities)
        assert sources and targets and not sources & targets
        assert sources | targets <= set(extraction.list_of_entities)
    written = as_written(extraction).model_dump_json(exclude_none=True)
    again = judge(written, text, prompt=prompt, policy=policy)
    assert (again.verdict, again.extraction) == ("valid", extraction)
