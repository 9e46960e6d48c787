"""The text of the dataset card: what the data is, how it was made, and what its limits are.

Its words are in `card_words`. Every count comes from the footers of the shards, by the tables of
`card_tables` and `card_findings`. The YAML above the text belongs to `card_metadata`.
"""

from __future__ import annotations

from collections.abc import Sequence

from relgen_assets.evaluation.certificate import Certificate
from relgen_assets.export import card_findings, card_tables, card_worth
from relgen_assets.export.about import About
from relgen_assets.export.answers import SCHEMA_FILE
from relgen_assets.export.attribution import ATTRIBUTION_FILE
from relgen_assets.export.card_metadata import Rows, languages_in, licence_entries, size_category
from relgen_assets.export.card_words import BODY, EMPTY, GROWS, LICENCE, OUTDATED, TYPES
from relgen_assets.export.citation import CITATION_FILE, bibtex
from relgen_assets.export.companions import RECIPE_FILE
from relgen_assets.export.configs import CONFIGS, DEFAULT
from relgen_assets.export.counts import summed
from relgen_assets.export.footers import ShardFacts
from relgen_assets.export.lengths import total
from relgen_assets.export.markdown import bullet, code, paragraph, plain
from relgen_assets.export.plots import LENGTHS_FILE


def card_text(
    about: About,
    rows: Rows,
    facts: Sequence[ShardFacts],
    fingerprint: str,
    *,
    outdated: int = 0,
    certificate: Certificate | None = None,
    grows: bool = True,
) -> str:
    """Return the Markdown of the card below its YAML.

    Args:
        about: What the project says.
        rows: Examples by config and split; empty when there are none.
        facts: The facts in the footers of the shards of `full`.
        fingerprint: Short hash of the contents, their version.
        outdated: Batches that another version wrote, and that are left out.
        certificate: What the models are worth, if that was measured.
        grows: Whether files are added to the folder later; they are not to a release.
    """
    body = _body(about, rows, facts, outdated, certificate, grows=grows) if rows else EMPTY
    rights = f"\n{card_findings.rights(facts)}\n" if rows else ""
    end = LICENCE.format(
        licence=code(about.licence),
        attribution=ATTRIBUTION_FILE,
        citation=CITATION_FILE,
        rights=rights,
        bibtex=bibtex(about, fingerprint),
    )
    return f"# {plain(about.title)}\n{body}{end}"


def _body(
    about: About,
    rows: Rows,
    facts: Sequence[ShardFacts],
    outdated: int,
    certificate: Certificate | None,
    *,
    grows: bool,
) -> str:
    lengths = total(one.lengths for one in facts)
    shown = [CONFIGS[config] for config in rows]
    return BODY.format(
        details=_details(about, rows, facts),
        default=DEFAULT.name,
        caching=GROWS.strip() if grows else "",
        rows=card_tables.rows(rows),
        outdated=OUTDATED.format(batches=outdated) if outdated else "",
        lengths=card_tables.training_lengths(lengths),
        length_table=card_tables.lengths(facts),
        plot=LENGTHS_FILE,
        max_length=lengths.max_length,
        schema=SCHEMA_FILE,
        recipe=RECIPE_FILE,
        attribution=ATTRIBUTION_FILE,
        columns="\n\n".join(card_tables.columns(config) for config in shown),
        cautions="\n".join(bullet(one.caution) for one in shown if one.caution),
        languages=bullet(card_findings.languages(facts)),
        articles=summed(facts, "articles"),
        origins=card_tables.origins(facts),
        models=card_tables.models(facts),
        fleet=paragraph(card_findings.fleet(facts)),
        energy=card_findings.energy(about.kwh, facts),
        method=_method(about),
        chunks=card_findings.outcome(facts),
        attempts=card_findings.attempts(facts),
        empty=paragraph(card_findings.empty_rows(facts)),
        evidence=card_findings.evidence(facts),
        agreement=card_worth.agreement(facts),
        certificate=card_worth.certificate(certificate),
        overlap=card_findings.overlap(facts),
        types=_types(facts),
    )


def _details(about: About, rows: Rows, facts: Sequence[ShardFacts]) -> str:
    entries = licence_entries(about.licence)
    named = entries.get("license_name", entries["license"])
    link = f" <{entries['license_link']}>" if "license_link" in entries else ""
    languages = [*about.languages] or languages_in(facts)
    return "\n".join(
        (
            f"- Curated by: {', '.join(map(plain, about.curators)) or 'not said'}",
            f"- Languages: {', '.join(map(code, languages)) or 'not certain'}",
            f"- Licence: {code(named)}{link}, see below",
            f"- Size: {sum(rows.get('full', {}).values()):,} examples of"
            f" {summed(facts, 'articles'):,} articles (`{size_category(rows)}`)",
            "- Made with: relgen-assets",
        )
    )


def _types(facts: Sequence[ShardFacts]) -> str:
    table = card_findings.types(facts)
    return TYPES.format(table=table) if table else ""


def _method(about: About) -> str:
    table = card_tables.settings(about.method)
    return f"{table}\n\n" if table else ""
