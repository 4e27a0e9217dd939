//! Configuration in general: versions, expectations, settings.

use super::{List, ask, etag, limit, marked, read, tagged};
use crate::door::Caller;
use crate::dto::actor;
pub(crate) use crate::dto::config::Body;
use crate::dto::config::objects::ObjectPut;
use crate::dto::config::{KeyView, SettingsPut, SettingsView, VersionView};
use crate::dto::written::Written;
use crate::extract::{ApiJson, ApiPath, ApiQuery, from_value};
use crate::names::Known;
use crate::problem::{About, Problem};
use crate::state::Shared;
use crate::text::Time;
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use ringback_model::config::{
    self as model, Agent, ApiKey, Expected, Object, Queue, Settings, VirtualQueue,
};
use ringback_model::{Input, Name, Now, Outcome, config};
use ringback_ports::envelope::{ActorRef, Answer};
use ringback_ports::query::{Query, View};
use ringback_ports::records::{PAGE_MAX, RecordsPage, RecordsQuery};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use utoipa::IntoParams;

/// Against which version a change is made. Without either header it is made whatever is there.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "describes the headers in the OpenAPI document")]
pub(crate) struct Expect {
    /// Exactly this version, as `ETag` told it, for example `"3"`.
    #[param(
        rename = "If-Match",
        example = "*",
        pattern = "^(\\*|\"[1-9][0-9]{0,18}\")$"
    )]
    if_match: Option<String>,
    /// `*`: only if there is nothing yet.
    #[param(rename = "If-None-Match", pattern = "^\\*$")]
    if_none_match: Option<String>,
}

impl Expect {
    /// What the headers of a request say.
    pub(crate) fn of(headers: &HeaderMap) -> Result<Expected, Problem> {
        let text = |name| {
            let value: Option<&HeaderValue> = headers.get(name);
            value.map(|value| value.to_str().unwrap_or_default().trim())
        };
        match (text(header::IF_MATCH), text(header::IF_NONE_MATCH)) {
            (None, None) | (Some("*"), None) => Ok(Expected::Any),
            (None, Some("*")) => Ok(Expected::Absent),
            (Some(tag), None) => version_of(tag).map(Expected::Version).ok_or_else(|| {
                let problem = "write one version in quotes, as ETag told it: \"3\"";
                Problem::invalid("header:If-Match", problem)
            }),
            (_, Some(_)) => {
                let problem = "send If-None-Match: * alone, or If-Match";
                Err(Problem::invalid("header:If-None-Match", problem))
            }
        }
    }
}

fn version_of(tag: &str) -> Option<u64> {
    tag.strip_prefix('"')?.strip_suffix('"')?.parse().ok()
}

/// A name in the path.
pub(crate) fn name(text: &str) -> Result<Name, Problem> {
    if text == "me" {
        let problem = "`me` stands for the caller and names nothing";
        return Err(Problem::invalid("path:name", problem));
    }
    text.parse().map_err(|error: ringback_model::NameError| {
        Problem::invalid("path:name", error.to_string())
    })
}

/// The answer to a PUT: 201 for the first version, 200 for later ones.
pub(crate) fn put_answer(answer: &Answer) -> Response {
    let version = match answer.outcome {
        Outcome::Put { version } => version,
        _ => 0,
    };
    let status = if version == 1 {
        StatusCode::CREATED
    } else {
        StatusCode::OK
    };
    let mut response = marked((status, Json(Written::from(answer))), answer);
    response.headers_mut().insert(header::ETAG, etag(version));
    response
}

/// What holds for the whole tenant.
#[utoipa::path(
    get, path = "/v1/settings", operation_id = "getSettings", tag = "config",
    responses((status = 200, description = "The settings.", body = SettingsView,
        headers(("ETag" = String, description = "Their version."))))
)]
pub(crate) async fn settings(
    State(house): State<Shared>,
    caller: Caller,
) -> Result<Response, Problem> {
    let asked = house.query(&caller, Query::Settings, "settings").await?;
    let (sequence, View::Settings(version, settings)) = asked else {
        return Err(Problem::crossed());
    };
    let view = SettingsView {
        version,
        settings: SettingsPut::of(&settings),
        locked: house.options.locked.places(),
        sequence: sequence.0,
    };
    Ok(tagged(sequence.0, version, view))
}

/// Change what holds for the whole tenant.
#[utoipa::path(
    put, path = "/v1/settings", operation_id = "putSettings", tag = "config",
    params(Expect),
    request_body = SettingsPut,
    responses(
        (status = 200, description = "Changed.", body = Written),
        (status = 201, description = "Set for the first time.", body = Written)
    )
)]
pub(crate) async fn put_settings(
    State(house): State<Shared>,
    caller: Caller,
    headers: HeaderMap,
    ApiJson(mut body): ApiJson<Value>,
) -> Result<Response, Problem> {
    house.options.locked.fill(&mut body)?;
    let body: SettingsPut = from_value(body)?;
    one_home(&house, &caller, &body).await?;
    let input = config::Input::PutSettings {
        settings: Box::new(body.clone().into_model()),
        expected: Expect::of(&headers)?,
    };
    let answer = ask(&house, &caller, &headers, "settings.put", "")
        .send_input(&body, Input::Config(input), About::Named)
        .await;
    // Also after an unknown outcome: it may have been changed.
    house.names.settings_changed(caller.tenant);
    Ok(put_answer(&answer?))
}

/// How long offers of a medium stand has one home, the object of the medium. What tenants set in
/// the settings before that holds on, but nothing is added to it.
pub(crate) async fn one_home(
    house: &Shared,
    caller: &Caller,
    wanted: &SettingsPut,
) -> Result<(), Problem> {
    if !wanted.says_offers_of_media() {
        return Ok(());
    }
    let asked = house.query(caller, Query::Settings, "settings").await?;
    let (_, View::Settings(_, before)) = asked else {
        return Err(Problem::crossed());
    };
    let moved = wanted.new_offers_of_media(&before);
    let Some(medium) = moved.first() else {
        return Ok(());
    };
    let next =
        |medium| format!("belongs to the medium: PUT /v1/config/medium/{medium} with offer_ttl_ms");
    let detail = format!("how long offers of {medium} stand {}", next(*medium));
    let problem = Problem::new("config.findings", detail);
    Err(moved.iter().fold(problem, |problem, medium| {
        problem.at(format!("/offer_ttl_of_ms/{medium}"), next(*medium))
    }))
}

/// How many versions.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct Back {
    /// At most so many.
    #[param(minimum = 1, maximum = 1000, default = 100)]
    limit: Option<usize>,
    /// The answer has to be at least as fresh as this record.
    #[param(minimum = 0)]
    at_least: Option<u64>,
}

/// The versions of a configuration object, newest first. Undoing is a new version.
#[utoipa::path(
    get, path = "/v1/config/{kind}/{name}/versions", operation_id = "configVersions",
    tag = "config",
    params(
        ("kind" = String, Path, example = "queue",
            description = "the kind of object, `key` or `settings`"),
        ("name" = String, Path, example = "support",
            description = "its name; `settings` for the settings"),
        Back
    ),
    responses((status = 200, description = "Some versions.", body = List<VersionView>))
)]
pub(crate) async fn versions(
    State(house): State<Shared>,
    caller: Caller,
    ApiPath((kind, name)): ApiPath<(String, String)>,
    ApiQuery(back): ApiQuery<Back>,
) -> Result<Response, Problem> {
    let limit = limit(back.limit)?;
    let what = format!("configuration {kind} {name}");
    let kind = Kind::of(&kind).ok_or_else(|| Problem::nothing(&what))?;
    let found = version_rows(&house, &caller, kind, &name, back.at_least, &what).await?;
    let known = house.names.fresh(caller.tenant).await?;
    let rows = found.rows.into_iter().take(limit);
    let items = rows.map(|(version, now, by, body)| {
        Ok(VersionView {
            version,
            at: Time::of(now),
            actor: actor(&by),
            body: kind.decode(&known, &body)?,
        })
    });
    let items = items.collect::<Result<_, Problem>>()?;
    Ok(read(found.sequence, List { items }))
}

/// Versions as the records hold them, newest first, and how fresh they are.
pub(crate) struct VersionRows {
    pub(crate) sequence: u64,
    pub(crate) rows: Vec<VersionRow>,
}

/// Version, when, who, encoded object.
type VersionRow = (u64, Now, ActorRef, Vec<u8>);

/// The versions of something, if the caller may see it. What is gone and never was is nothing.
pub(crate) async fn version_rows(
    house: &Shared,
    caller: &Caller,
    kind: Kind,
    name: &str,
    at_least: Option<u64>,
    what: &str,
) -> Result<VersionRows, Problem> {
    kind.may_see(house, caller, name, what).await?;
    let query = RecordsQuery::ConfigHistory {
        kind: kind.name(),
        name: name.to_owned(),
        limit: PAGE_MAX,
    };
    let found = house.records(caller, at_least, query, what).await?;
    let RecordsPage::ConfigHistory(rows) = found.value else {
        return Err(Problem::crossed());
    };
    if rows.is_empty() && kind.is_unknown(house, caller, name).await? {
        return Err(Problem::nothing(what));
    }
    Ok(VersionRows {
        sequence: found.sequence.0,
        rows,
    })
}

/// What has versions.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Kind {
    Object(model::Kind),
    Key,
    Settings,
}

impl Kind {
    pub(crate) fn of(name: &str) -> Option<Self> {
        match name {
            "key" => Some(Self::Key),
            "settings" => Some(Self::Settings),
            name => name.parse().ok().map(Self::Object),
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Object(kind) => kind.name(),
            Self::Key => "key",
            Self::Settings => "settings",
        }
    }

    /// Whether there is nothing of that name now.
    async fn is_unknown(
        self,
        house: &Shared,
        caller: &Caller,
        name: &str,
    ) -> Result<bool, Problem> {
        let (Self::Object(kind), Ok(name)) = (self, name.parse()) else {
            return Ok(!matches!(self, Self::Settings));
        };
        match house
            .query(caller, Query::ObjectNamed(kind, name), "")
            .await
        {
            Ok(_) => Ok(false),
            Err(problem) if problem.code() == "query.unknown" => Ok(true),
            Err(problem) => Err(problem),
        }
    }

    /// The records know no actor; the gate in the hall speaks for keys, which whoever may see
    /// versions may see too.
    async fn may_see(
        self,
        house: &Shared,
        caller: &Caller,
        name: &str,
        what: &str,
    ) -> Result<(), Problem> {
        let (_, View::Keys(keys)) = house.query(caller, Query::Keys, what).await? else {
            return Err(Problem::crossed());
        };
        match self {
            Self::Object(_) => Ok(()),
            Self::Key if keys.iter().any(|key| key.name.as_str() == name) => Ok(()),
            Self::Settings if name == "settings" => Ok(()),
            Self::Key | Self::Settings => Err(Problem::nothing(what)),
        }
    }

    /// What was set by a version; nothing, if it is gone by it.
    pub(crate) fn decode(self, known: &Known, body: &[u8]) -> Result<Option<Body>, Problem> {
        if body.is_empty() {
            return Ok(None);
        }
        Ok(Some(match self {
            Self::Object(model::Kind::Queue) => Body::from(&decoded::<Queue>(body)?),
            Self::Object(model::Kind::VirtualQueue) => Body::from(&decoded::<VirtualQueue>(body)?),
            Self::Object(model::Kind::Agent) => Body::from(&decoded::<Agent>(body)?),
            Self::Object(_) => ObjectPut::of(decoded::<Object>(body)?.body).into(),
            Self::Key => Body::Key(KeyView::new(known, &decoded::<ApiKey>(body)?)),
            Self::Settings => Body::Settings(SettingsPut::of(&decoded::<Settings>(body)?)),
        }))
    }
}

fn decoded<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    rmp_serde::from_slice(body).map_err(Problem::broken)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expected(pairs: &[(header::HeaderName, &'static str)]) -> Result<Expected, u16> {
        let headers = pairs
            .iter()
            .map(|(name, value)| (name.clone(), HeaderValue::from_static(value)))
            .collect();
        Expect::of(&headers).map_err(|problem| problem.status())
    }

    #[test]
    fn headers_say_against_which_version() {
        use header::{IF_MATCH, IF_NONE_MATCH};
        assert_eq!(expected(&[]), Ok(Expected::Any));
        assert_eq!(expected(&[(IF_MATCH, "*")]), Ok(Expected::Any));
        assert_eq!(expected(&[(IF_MATCH, "\"3\"")]), Ok(Expected::Version(3)));
        assert_eq!(expected(&[(IF_NONE_MATCH, "*")]), Ok(Expected::Absent));
        for wrong in ["3", "W/\"3\"", "\"x\"", "\"1\", \"2\""] {
            assert_eq!(expected(&[(IF_MATCH, wrong)]), Err(422), "{wrong}");
        }
        assert_eq!(expected(&[(IF_NONE_MATCH, "\"3\"")]), Err(422));
    }
}
