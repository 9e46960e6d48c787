"""What happens by itself while a daemon runs: sensors and schedules.

The card follows the batches, and a check names those that changed settings have made stale. Once
switched on, new articles become batches, and rejected rows are asked about again at night; both are
off by default, because both send requests to servers.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress

import dagster as dg
from dagster._core.definitions.unresolved_asset_job_definition import (
    UnresolvedAssetJobDefinition as AssetJob,
)

from relgen_assets.domain_errors import SourceError, StorageError
from relgen_assets.generation.retrying import plan_chunks
from relgen_assets.orchestration.checks.provenance import CURRENT_CHECK
from relgen_assets.orchestration.jobs import (
    BATCH_JOB,
    CARD_CHECKS_JOB,
    CARD_JOB,
    DEFAULT_FURTHER_ATTEMPTS,
    RETRY_JOB,
    retry_config,
)
from relgen_assets.orchestration.new_articles import new_batches
from relgen_assets.orchestration.partitions import PARTITION_TAG
from relgen_assets.orchestration.project import Project
from relgen_assets.rows.asset_tables import RAW_EXTRACTIONS, SUMMARIES, VALIDATED_EXTRACTIONS
from resources.parquet_io_manager import ParquetIOManager

CARD_SENSOR = "keep_card_current"
UNLISTED_SENSOR = "card_of_new_articles"
STALE_SENSOR = "tell_what_is_stale"
ARTICLES_SENSOR = "new_articles"
NIGHTLY_RETRY = "retry_rejected_nightly"
_SECONDS_BETWEEN_LOOKS = 60
_NIGHT = "0 2 * * *"


def build_sensors(project: Project, jobs: Sequence[AssetJob]) -> list[dg.SensorDefinition]:
    """Return the sensors: they renew the card, tell what is stale, and look for new articles.

    Args:
        project: The opened project.
        jobs: The jobs of the graph.
    """
    by_name = {job.name: job for job in jobs}
    return [
        dg.AutomationConditionSensorDefinition(
            CARD_SENSOR,
            target=dg.AssetSelection.assets("dataset_card"),
            default_status=dg.DefaultSensorStatus.RUNNING,
            minimum_interval_seconds=30,
            description="Writes the dataset card again after listed batches have changed.",
        ),
        _unlisted_sensor(project, by_name[BATCH_JOB], by_name[CARD_JOB]),
        _stale_sensor(project),
        _articles_sensor(project),
    ]


def build_schedules(project: Project) -> list[dg.ScheduleDefinition]:
    """Return the schedule that asks again about rejected and failed chunks at night."""

    @dg.schedule(
        name=NIGHTLY_RETRY,
        job_name=RETRY_JOB,
        cron_schedule=_NIGHT,
        default_status=dg.DefaultScheduleStatus.STOPPED,
        description="Each night, gives a further attempt to the rejected and failed chunks of every"
        " batch, up to extractions.max_attempts.",
    )
    def retry_at_night(
        context: dg.ScheduleEvaluationContext, io_manager: dg.ResourceParam[ParquetIOManager]
    ) -> list[dg.RunRequest] | dg.SkipReason:
        night = f"{context.scheduled_execution_time:%Y-%m-%d}"
        requests = [
            dg.RunRequest(
                run_key=f"{night} {key}",
                partition_key=key,
                run_config=retry_config(DEFAULT_FURTHER_ATTEMPTS),
            )
            for key in retryable_batches(project, io_manager)
        ]
        return requests or dg.SkipReason("No rejected or failed chunk has attempts left.")

    return [retry_at_night]


def retryable_batches(project: Project, store: ParquetIOManager) -> list[str]:
    """Return the batches with chunks or summaries that may be asked about once more.

    Args:
        project: The opened project.
        store: Where the tables are stored; batches without verdicts, and those with a table that
            cannot be read, are left out.
    """
    stored = set(store.partitions(VALIDATED_EXTRACTIONS.asset))
    found: list[str] = []
    for key in sorted(stored.intersection(project.batches.keys)):
        with suppress(StorageError):  # a damaged table is a finding of its checks
            if _has_something_to_ask(project, store, key):
                found.append(key)
    return found


def _has_something_to_ask(project: Project, store: ParquetIOManager, key: str) -> bool:
    table = VALIDATED_EXTRACTIONS
    verdicts = store.read(table.asset, key, ("verdict",)).column("verdict").to_pylist()
    if "rejected" not in verdicts:  # only otherwise are whole tables worth reading
        return False
    plan = plan_chunks(
        RAW_EXTRACTIONS.read(store, key),
        table.read(store, key),
        SUMMARIES.read(store, key),
        further=DEFAULT_FURTHER_ATTEMPTS,
        limit=project.settings.extractions.max_attempts,
    )
    return bool(plan.subjects)


def _unlisted_sensor(project: Project, batches: AssetJob, card: AssetJob) -> dg.SensorDefinition:
    # The other sensor sees only batches that were known when the definitions were loaded.
    known = set(project.batches.keys)

    @dg.run_status_sensor(
        run_status=dg.DagsterRunStatus.SUCCESS,
        name=UNLISTED_SENSOR,
        monitored_jobs=[batches],
        request_job=card,
        minimum_interval_seconds=_SECONDS_BETWEEN_LOOKS,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Renews the card after batches of new articles, which this code location lists"
        " only after it was loaded again.",
    )
    def card_of_new_articles(
        context: dg.RunStatusSensorContext,
    ) -> dg.RunRequest | dg.SkipReason:
        run = context.dagster_run
        if run.tags.get(PARTITION_TAG) in known:
            return dg.SkipReason(f"The card follows listed batches by {CARD_SENSOR}.")
        return dg.RunRequest(run_key=run.run_id)

    return card_of_new_articles


def _stale_sensor(project: Project) -> dg.SensorDefinition:
    # Dagster's lineage shows no staleness of partitioned assets; a warning at the card does show.
    @dg.sensor(
        name=STALE_SENSOR,
        job_name=CARD_CHECKS_JOB,
        minimum_interval_seconds=_SECONDS_BETWEEN_LOOKS,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="After settings, prompts or rules have changed and the definitions were loaded"
        " again, runs the check that names the batches made before. It sends no requests.",
    )
    def tell_what_is_stale(context: dg.SensorEvaluationContext) -> dg.SensorResult:
        now = " ".join(sorted(project.code_versions.values()))
        if context.cursor == now:
            return dg.SensorResult(skip_reason="No setting, prompt or rule has changed.")
        if context.instance.get_latest_materialization_event(CURRENT_CHECK.asset_key) is None:
            return dg.SensorResult(skip_reason="There is no dataset yet.", cursor=now)
        request = dg.RunRequest(asset_selection=[], asset_check_keys=[CURRENT_CHECK])
        return dg.SensorResult(run_requests=[request], cursor=now)

    return tell_what_is_stale


def _articles_sensor(project: Project) -> dg.SensorDefinition:
    @dg.sensor(
        name=ARTICLES_SENSOR,
        job_name=BATCH_JOB,
        minimum_interval_seconds=_SECONDS_BETWEEN_LOOKS,
        default_status=dg.DefaultSensorStatus.STOPPED,
        description="Makes batches of articles that are in none, wherever they stand in the source."
        " Batches that were dropped stay dropped.",
    )
    def new_articles(context: dg.SensorEvaluationContext) -> dg.SensorResult:
        try:
            found = new_batches(project)
        except SourceError as error:
            return dg.SensorResult(skip_reason=str(error))
        return _requests(context, project, found)

    return new_articles


def _requests(
    context: dg.SensorEvaluationContext, project: Project, found: Mapping[str, str]
) -> dg.SensorResult:
    if not found:
        return dg.SensorResult(skip_reason="There are no new articles.")
    known = set(project.batches.keys)
    unknown = [key for key in found if key not in known]
    if unknown:
        context.log.info(
            "New batches: %s. The UI lists them after the code location is reloaded.",
            ", ".join(unknown),
        )
    return dg.SensorResult(
        run_requests=[
            # As a tag, because a partition key has to be known since the definitions were loaded.
            # The run loads them anew, so it knows the batch.
            dg.RunRequest(run_key=f"{key} {articles}", tags={PARTITION_TAG: key})
            for key, articles in found.items()
        ],
    )
