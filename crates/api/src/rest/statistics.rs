//! `/v1/statistics` and `/v1/reports`: what is counted.

use super::{parameter, read};
use crate::door::Caller;
use crate::dto::config::objects::StatisticPut;
use crate::dto::statistics::{
    ConfiguredView, DefinitionsView, MeasureView, ReadingView, ReportLineView, ReportView, number,
};
use crate::dto::work::Moment;
use crate::extract::{ApiPath, ApiQuery};
use crate::problem::Problem;
use crate::state::{House, Shared};
use axum::extract::State;
use axum::response::Response;
use ringback_model::statistic::{Measure, SubjectKind, Thresholds};
use ringback_ports::Sequence;
use ringback_ports::envelope::Denied;
use ringback_ports::query::QueryFault;
use ringback_ports::statistics::{Interval, Readings, ReportWanted, Wanted};
use serde::Deserialize;
use utoipa::IntoParams;

/// What can be measured, of what, and what is configured.
#[utoipa::path(
    get, path = "/v1/statistics", operation_id = "listStatistics", tag = "numbers",
    responses((status = 200, description = "All of them.", body = DefinitionsView))
)]
pub(crate) async fn list(State(house): State<Shared>, caller: Caller) -> Result<Response, Problem> {
    let configured = house.hall.statistic_definitions(caller.tenant);
    let configured = configured.map_err(|fault| Problem::of_query(fault, "statistics"))?;
    let configured = configured.into_iter();
    let sequence = house.names.present(caller.tenant).await?;
    let view = DefinitionsView {
        measures: Measure::ALL.iter().map(MeasureView::from).collect(),
        items: configured
            .map(|(name, it)| ConfiguredView {
                name: name.to_string(),
                body: StatisticPut::from(it),
            })
            .collect(),
    };
    Ok(read(sequence.0, view))
}

/// One number as it is now: a measure or a configured statistic, of a queue, virtual queue,
/// agent, group or medium. `Ringback-Sequence` tells after which record it was read.
#[utoipa::path(
    get, path = "/v1/statistics/{statistic}/{kind}/{object}", operation_id = "getStatistic",
    tag = "numbers",
    params(
        ("statistic" = String, Path, example = "total_answered"),
        ("kind" = String, Path, example = "virtual_queue"),
        ("object" = String, Path, example = "english")
    ),
    responses((status = 200, description = "The number.", body = ReadingView))
)]
pub(crate) async fn get(
    State(house): State<Shared>,
    caller: Caller,
    ApiPath((statistic, kind, object)): ApiPath<(String, String, String)>,
) -> Result<Response, Problem> {
    let wanted = wanted(&statistic, &kind, &object)?;
    let text = text_of(&wanted);
    let (sequence, readings) = readings(&house, &caller, vec![wanted]).await?;
    let reading = readings.readings.first().ok_or_else(Problem::crossed)?;
    Ok(read(sequence.0, ReadingView::new(text, reading)))
}

/// What is asked for, as it is written: `service_factor/virtual_queue/support`.
pub(crate) fn text_of(wanted: &Wanted) -> String {
    format!("{}/{}/{}", wanted.statistic, wanted.kind, wanted.object)
}

/// What is asked for, from its three parts. A kind nobody knows is a thing that is not there.
pub(crate) fn wanted(statistic: &str, kind: &str, object: &str) -> Result<Wanted, Problem> {
    let kind: SubjectKind = kind
        .parse()
        .map_err(|_| Problem::nothing(format!("kind of subject {kind}")))?;
    Ok(Wanted {
        statistic: statistic.to_owned(),
        kind,
        object: object.to_owned(),
    })
}

/// Numbers, within the rights of the caller.
pub(crate) async fn readings(
    house: &House,
    caller: &Caller,
    wanted: Vec<Wanted>,
) -> Result<(Sequence, Readings), Problem> {
    let media = wanted.iter().any(|it| it.kind == SubjectKind::Medium);
    let asked = house
        .hall
        .statistics(caller.tenant, caller.actor.clone(), wanted);
    asked.await.map_err(|fault| problem(fault, media))
}

/// Of a medium, whoever may not see it is told so: that media exist is no secret.
fn problem(fault: QueryFault, of_medium: bool) -> Problem {
    match fault {
        QueryFault::Denied(Denied::Scope) if of_medium => {
            Problem::new("denied.scope", Denied::Scope.to_string())
        }
        QueryFault::Unknown(what) => Problem::nothing(what),
        fault => Problem::of_query(fault, "such subject"),
    }
}

/// Which report.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReportQuery {
    /// From when on; the interval it lies in comes whole.
    #[param(format = "date-time", example = "2026-01-05T08:00:00Z")]
    from: String,
    /// Up to when; likewise.
    #[param(format = "date-time", example = "2026-01-05T18:00:00Z")]
    to: String,
    /// How long an interval is: quarter (of an hour), hour or day.
    #[serde(default)]
    #[param(example = "hour", default = "quarter")]
    interval: Option<String>,
    /// The time zone in which hours and days begin.
    #[serde(default)]
    #[param(example = "Europe/Berlin", default = "UTC")]
    zone: Option<String>,
    /// Only what passes the filter of this configured statistic.
    #[serde(default)]
    filter: Option<String>,
    /// The service level for measures, in milliseconds.
    #[serde(default)]
    #[param(minimum = 5_000, maximum = 600_000, default = 20_000, example = 20_000)]
    service_level_ms: Option<u64>,
    /// The answer has to be at least as fresh as this record; waits up to two seconds for it.
    #[serde(default)]
    #[param(example = 1, minimum = 0)]
    at_least: Option<u64>,
}

/// What was counted, interval by interval: of a queue, virtual queue, agent, group or medium.
/// Days have 23 or 25 hours where clocks are set.
#[utoipa::path(
    get, path = "/v1/reports/{kind}/{object}", operation_id = "report", tag = "numbers",
    params(
        ("kind" = String, Path, example = "virtual_queue"),
        ("object" = String, Path, example = "english"),
        ReportQuery
    ),
    responses((status = 200, description = "Its intervals.", body = ReportView))
)]
pub(crate) async fn report(
    State(house): State<Shared>,
    caller: Caller,
    ApiPath((kind, object)): ApiPath<(String, String)>,
    ApiQuery(query): ApiQuery<ReportQuery>,
) -> Result<Response, Problem> {
    let kind = wanted("", &kind, &object)?.kind;
    let thresholds = thresholds(query.service_level_ms)?;
    let at_least = query.at_least.map(Sequence);
    if let Some(wanted) = at_least {
        house.exists(&caller, wanted).await?;
    }
    let wanted = ReportWanted {
        kind,
        object,
        from: parameter::<Moment>("from", &query.from)?.0,
        to: parameter::<Moment>("to", &query.to)?.0,
        interval: interval(query.interval.as_deref())?,
        zone: query.zone.unwrap_or_else(|| "UTC".to_owned()),
        filter: query.filter,
    };
    let asked = house
        .hall
        .report(caller.tenant, caller.actor.clone(), at_least, wanted);
    let of_medium = kind == SubjectKind::Medium;
    let found = asked.await.map_err(|fault| problem(fault, of_medium))?;
    let measures = Measure::ALL.iter();
    let measures: Vec<&Measure> = measures.filter(|it| it.kinds().contains(&kind)).collect();
    let balanced = match kind {
        SubjectKind::Queue => Some(true),
        SubjectKind::VirtualQueue | SubjectKind::Medium => Some(false),
        SubjectKind::Agent | SubjectKind::Group => None,
    };
    let items = found.value.iter().map(|line| {
        let values = measures.iter().filter_map(|measure| {
            let amount = measure.over(&line.counts, thresholds)?;
            Some((measure.name(), number(amount.0)?))
        });
        ReportLineView::new(line, values.collect(), balanced)
    });
    let items = items.collect();
    Ok(read(found.sequence.0, ReportView { items }))
}

fn interval(text: Option<&str>) -> Result<Interval, Problem> {
    let Some(text) = text else {
        return Ok(Interval::Quarter);
    };
    let found = Interval::ALL.into_iter().find(|it| it.name() == text);
    found.ok_or_else(|| {
        let problem = format!("{text:?} is no interval: use quarter, hour or day");
        Problem::invalid("query:interval", problem)
    })
}

fn thresholds(service_level_ms: Option<u64>) -> Result<Thresholds, Problem> {
    let Some(ms) = service_level_ms else {
        return Ok(Thresholds::default());
    };
    let service_level = ringback_model::Millis(ms);
    if Thresholds::is_edge(service_level) {
        return Ok(Thresholds {
            service_level,
            ..Thresholds::default()
        });
    }
    let edges = ringback_model::statistic::EDGES_SECONDS;
    let edges: Vec<String> = edges
        .iter()
        .map(|edge| (edge * 1_000).to_string())
        .collect();
    let problem = format!(
        "waits are sorted by {} ms: use one of these",
        edges.join(", ")
    );
    Err(Problem::invalid("query:service_level_ms", problem))
}
