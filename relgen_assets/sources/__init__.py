"""Where articles come from: the bundled sample, `scientific_papers`, files, encyclopedias.

The rest of the project opens sources with `open_source` only. Every source yields
`relgen_assets.rows.models.Paper` rows, including unusable ones with their reason. Cutting articles
into chunks belongs to `text`, sampling them for a forecast to `planning`.

May touch `rows`, `settings`, `text`, `domain_errors`, `resources.control_tokens`,
`resources.errors` and `resources.storage`.
"""

from relgen_assets.sources.article_source import ArticleSource
from relgen_assets.sources.registry import SOURCES, open_source

__all__ = ["SOURCES", "ArticleSource", "open_source"]
