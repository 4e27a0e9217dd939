//! The sources of configuration, laid over each other: defaults, file, environment, flags.

use super::fault::ConfigFault;
use super::keys::{self, Key, Kind, RawConfig};
use super::lines;
use figment::error::Kind as FigmentKind;
use figment::value::{Dict, Map, Value};
use figment::{Error, Figment, Metadata, Profile, Provider};
use std::path::{Path, PathBuf};

/// Where a configuration comes from.
#[derive(Debug, Default)]
pub(crate) struct Layers {
    /// The file, if one is used.
    pub(crate) file: Option<PathBuf>,
    /// The variables of the environment.
    pub(crate) env: Vec<(String, String)>,
    /// What flags set: key path, value, flag.
    pub(crate) flags: Vec<(&'static str, String, &'static str)>,
}

/// Tells where a value was set.
#[derive(Debug)]
pub(crate) struct Sources {
    figment: Figment,
    layers: Vec<Layer>,
    file: Option<(PathBuf, String)>,
}

/// What one source says of a key.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Said {
    /// Which level of sources: `default`, `file`, `environment` or `flag`.
    pub(crate) level: &'static str,
    /// The value as people write it; nothing, if this level says nothing. Secrets are not shown.
    pub(crate) value: Option<String>,
    /// Where; empty for defaults, and for what is not said.
    pub(crate) place: String,
}

/// The levels of sources, the later one wins.
const LEVELS: [&str; 4] = [DEFAULTS, FILE, ENVIRONMENT, FLAG];

impl Sources {
    /// The place that set `key`, for people: `ringback.toml, line 4`.
    pub(crate) fn of(&self, key: &str) -> String {
        match self.figment.find_metadata(key) {
            Some(metadata) => self.place(metadata, key),
            None => "configuration".to_owned(),
        }
    }

    /// Whether `key` has another value than its default.
    pub(crate) fn is_set(&self, key: &str) -> bool {
        self.figment
            .find_metadata(key)
            .is_some_and(|metadata| metadata.name != DEFAULTS)
    }

    /// The same as [`Sources::of`] without the folder of the file, for people who are not on this machine.
    pub(crate) fn of_short(&self, key: &str) -> String {
        let place = self.of(key);
        let folder = self.file.as_ref().and_then(|(path, _)| path.parent());
        let folder = folder.map(|folder| format!("{}/", folder.display()));
        let short = folder.and_then(|folder| place.strip_prefix(&folder).map(str::to_owned));
        short.unwrap_or(place)
    }

    /// What every level of sources says of a key, in the order of [`LEVELS`].
    pub(crate) fn levels(&self, key: &Key) -> Vec<Said> {
        let path = key.path();
        let said = |level| {
            let layers = self.layers.iter().filter(|layer| layer.level() == level);
            let mut found = layers.filter_map(|layer| Some((layer, layer.find(&path)?)));
            let last = found.next_back();
            let value = last.as_ref().and_then(|(_, value)| shown(key, value));
            let place = last.map(|(layer, _)| match level {
                DEFAULTS => String::new(),
                FILE => self.of_file(&path),
                _ => layer.name.clone(),
            });
            Said {
                level,
                value,
                place: place.unwrap_or_default(),
            }
        };
        LEVELS.map(said).into()
    }

    fn of_file(&self, key: &str) -> String {
        let Some((path, text)) = &self.file else {
            return FILE.to_owned();
        };
        let parts: Vec<&str> = key.split('.').collect();
        let line = lines::line_of(text, &parts).unwrap_or(1);
        format!("{}, line {line}", path.display())
    }

    fn place(&self, metadata: &Metadata, key: &str) -> String {
        if metadata.name == FILE {
            self.of_file(key)
        } else {
            metadata.name.to_string()
        }
    }
}

const DEFAULTS: &str = "default";
const FILE: &str = "file";
const ENVIRONMENT: &str = "environment";
const FLAG: &str = "flag";

/// A value as people write it. Secrets are not shown.
fn shown(key: &Key, value: &Value) -> Option<String> {
    if key.kind == Kind::Secret {
        return Some("***".to_owned());
    }
    toml::Value::try_from(value).ok().map(|it| it.to_string())
}

impl Layers {
    /// The sources of this process: the file given, its environment, the flags.
    pub(crate) fn of_process(
        file: Option<PathBuf>,
        flags: Vec<(&'static str, String, &'static str)>,
    ) -> Self {
        let env = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect();
        Self { file, env, flags }
    }

    /// Reads all sources and lays them over each other.
    pub(crate) fn read(self) -> Result<(RawConfig, Sources), ConfigFault> {
        let mut layers = vec![Layer::defaults()];
        let mut file = None;
        if let Some(path) = self.file {
            let text = read(&path, "--config")?;
            layers.push(Layer::file(&path, &text)?);
            file = Some((path, text));
        }
        layers.extend(environment(&self.env)?);
        for (key, value, flag) in &self.flags {
            layers.push(Layer::one(*flag, key, Value::from(value.as_str())));
        }
        let figment = layers.iter().cloned().fold(Figment::new(), Figment::merge);
        let sources = Sources {
            figment,
            layers,
            file,
        };
        match sources.figment.extract::<RawConfig>() {
            Ok(raw) => Ok((raw, sources)),
            Err(error) => Err(explain(&sources, error)),
        }
    }
}

/// One source, already read.
#[derive(Debug, Clone)]
struct Layer {
    name: String,
    dict: Dict,
}

impl Layer {
    /// To which level of sources it belongs.
    fn level(&self) -> &'static str {
        match self.name.as_str() {
            DEFAULTS => DEFAULTS,
            FILE => FILE,
            name if name.starts_with("--") => FLAG,
            _ => ENVIRONMENT,
        }
    }

    /// What it says of a key.
    fn find(&self, key: &str) -> Option<Value> {
        Value::from(self.dict.clone()).find(key)
    }

    fn defaults() -> Self {
        let mut dict = Dict::new();
        for key in keys::all() {
            // A section without any default still has to be there.
            let into = if key.section.is_empty() {
                &mut dict
            } else {
                section(&mut dict, key.section)
            };
            if let Some(text) = key.default {
                into.insert(key.name.to_owned(), default_of(text));
            }
        }
        Self {
            name: DEFAULTS.to_owned(),
            dict,
        }
    }

    fn file(path: &Path, text: &str) -> Result<Self, ConfigFault> {
        let table: toml::Table = toml::from_str(text).map_err(|error| ConfigFault::Syntax {
            path: path.to_owned(),
            line: error
                .span()
                .map_or(1, |span| lines::line_at(text, span.start)),
            problem: error.message().to_owned(),
        })?;
        let failed = |error: Error| ConfigFault::Syntax {
            path: path.to_owned(),
            line: 1,
            problem: error.to_string(),
        };
        let dict = Value::serialize(&table).map_err(failed)?.into_dict();
        Ok(Self {
            name: FILE.to_owned(),
            dict: dict.unwrap_or_default(),
        })
    }

    fn one(name: impl Into<String>, key: &str, value: Value) -> Self {
        let mut dict = Dict::new();
        match key.split_once('.') {
            Some((in_section, name)) => {
                section(&mut dict, in_section).insert(name.to_owned(), value);
            }
            None => {
                dict.insert(key.to_owned(), value);
            }
        }
        Self {
            name: name.into(),
            dict,
        }
    }
}

impl Provider for Layer {
    fn metadata(&self) -> Metadata {
        Metadata::named(self.name.clone())
    }

    fn data(&self) -> Result<Map<Profile, Dict>, Error> {
        Ok(Map::from([(Profile::Default, self.dict.clone())]))
    }
}

fn section<'a>(dict: &'a mut Dict, name: &str) -> &'a mut Dict {
    let value = dict
        .entry(name.to_owned())
        .or_insert_with(|| Value::from(Dict::new()));
    match value {
        Value::Dict(_, inner) => inner,
        _ => unreachable!("sections are only ever made as tables"),
    }
}

fn default_of(text: &str) -> Value {
    let table: toml::Table =
        toml::from_str(&format!("value = {text}")).expect("defaults are written in TOML");
    Value::serialize(&table["value"]).expect("a TOML value is a value")
}

/// One layer per variable, so that each keeps its name.
fn environment(vars: &[(String, String)]) -> Result<Vec<Layer>, ConfigFault> {
    let mut layers = Vec::new();
    for (name, value) in vars {
        if let Some(key) = keys::all().find(|key| key.env() == *name) {
            layers.push(Layer::one(name, &key.path(), parse(key, name, value)?));
        } else if let Some(key) = keys::all().find(|key| format!("{}_FILE", key.env()) == *name) {
            let text = read(Path::new(value), name)?;
            let value = parse(key, name, text.trim_end_matches(['\r', '\n']))?;
            layers.push(Layer::one(name, &key.path(), value));
        } else if is_meant_as_key(name) {
            return Err(ConfigFault::UnknownKey {
                key: name.clone(),
                source_name: "environment".to_owned(),
                hint: nearest(name, keys::all().map(Key::env)),
            });
        }
    }
    // A plain variable and its `_FILE` twin: one of the two would silently lose.
    for key in keys::all() {
        let file = format!("{}_FILE", key.env());
        let set = |name: &str| vars.iter().any(|(var, _)| var == name);
        if set(&key.env()) && set(&file) {
            return Err(ConfigFault::Value {
                key: key.path(),
                source_name: "environment".to_owned(),
                problem: format!("is set by both {} and {file}: unset one of them", key.env()),
            });
        }
    }
    Ok(layers)
}

/// Other variables of ours (`RINGBACK_LOG`, ...) have no double underscore.
fn is_meant_as_key(name: &str) -> bool {
    name.strip_prefix("RINGBACK_")
        .is_some_and(|rest| rest.contains("__"))
}

fn parse(key: &Key, name: &str, text: &str) -> Result<Value, ConfigFault> {
    let wrong = |wanted: &str| ConfigFault::Value {
        key: key.path(),
        source_name: name.to_owned(),
        problem: format!("must be {wanted}"),
    };
    match key.kind {
        Kind::Text | Kind::Secret => Ok(Value::from(text)),
        Kind::Number => text
            .parse::<u64>()
            .map(Value::from)
            .map_err(|_| wrong("a whole number, not negative")),
        Kind::List => Ok(Value::from(
            text.split(',')
                .map(str::trim)
                .filter(|part| !part.is_empty())
                .map(str::to_owned)
                .collect::<Vec<String>>(),
        )),
    }
}

fn read(path: &Path, asked_by: &str) -> Result<String, ConfigFault> {
    std::fs::read_to_string(path).map_err(|error| ConfigFault::Unreadable {
        path: path.to_owned(),
        asked_by: asked_by.to_owned(),
        problem: error.to_string(),
    })
}

fn explain(sources: &Sources, error: Error) -> ConfigFault {
    let mut path = error.path.clone();
    let place = |key: &str| match &error.metadata {
        Some(metadata) => sources.place(metadata, key),
        None => sources.of(key),
    };
    match &error.kind {
        FigmentKind::UnknownField(field, _) => {
            if path.last() != Some(field) {
                path.push(field.clone());
            }
            let key = path.join(".");
            ConfigFault::UnknownKey {
                source_name: sources.of(&key),
                hint: nearest(&key, keys::all().map(Key::path)),
                key,
            }
        }
        FigmentKind::InvalidType(_, wanted) | FigmentKind::InvalidValue(_, wanted) => {
            let key = path.join(".");
            ConfigFault::Value {
                source_name: place(&key),
                problem: format!("must be {}", kind_for_people(&key, wanted)),
                key,
            }
        }
        other => {
            let key = path.join(".");
            ConfigFault::Value {
                source_name: place(&key),
                problem: format!("is not right: {other}"),
                key,
            }
        }
    }
}

fn kind_for_people(path: &str, wanted: &str) -> String {
    let kind = keys::all()
        .find(|key| key.path() == path)
        .map(|key| key.kind);
    match kind {
        Some(Kind::Text | Kind::Secret) => "a text in quotes".to_owned(),
        Some(Kind::Number) => "a whole number, not negative".to_owned(),
        Some(Kind::List) => "a list of texts, like [\"a\", \"b\"]".to_owned(),
        None => wanted.to_owned(),
    }
}

/// The key of this name.
///
/// # Errors
/// There is none, and which one was probably meant.
pub(crate) fn key_named(name: &str) -> Result<&'static Key, ConfigFault> {
    let found = keys::all().find(|key| key.path() == name || key.env() == name);
    found.ok_or_else(|| ConfigFault::UnknownKey {
        key: name.to_owned(),
        source_name: "command line".to_owned(),
        hint: nearest(name, keys::all().map(Key::path)),
    })
}

/// `: did you mean `x`?` when a known name is close to the wrong one.
fn nearest(wrong: &str, known: impl Iterator<Item = String>) -> String {
    let close = known
        .map(|name| (distance(wrong, &name), name))
        .min()
        .filter(|(distance, _)| *distance <= 3);
    match close {
        Some((_, name)) => format!(": did you mean `{name}`?"),
        None => String::new(),
    }
}

/// How many letters must be added, removed or changed to make `b` out of `a` (Levenshtein).
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut corner = row[0];
        row[0] = i + 1;
        for (j, to) in b.iter().enumerate() {
            let changed = corner + usize::from(from != *to);
            corner = row[j + 1];
            row[j + 1] = changed.min(corner + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn file(text: &str) -> tempfile::NamedTempFile {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(text.as_bytes()).unwrap();
        file
    }

    fn layers(text: &str, env: &[(&str, &str)]) -> (tempfile::NamedTempFile, Layers) {
        let file = file(text);
        let env = env
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        let layers = Layers {
            file: Some(file.path().to_owned()),
            env,
            flags: Vec::new(),
        };
        (file, layers)
    }

    fn fault(text: &str, env: &[(&str, &str)]) -> String {
        let (file, layers) = layers(text, env);
        let fault = layers.read().expect_err("must be refused").to_string();
        fault.replace(&file.path().display().to_string(), "FILE")
    }

    #[test]
    fn without_any_source_all_is_default() {
        let (raw, sources) = Layers::default().read().unwrap();
        assert_eq!(raw.tenants, ["default"]);
        assert_eq!(raw.server.listen, "127.0.0.1:8080");
        assert_eq!(raw.server.metrics_listen, None);
        let listen = key_named("server.listen").unwrap();
        let said = sources.levels(listen);
        assert_eq!(said[0].value.as_deref(), Some("\"127.0.0.1:8080\""));
        assert!(said[1..].iter().all(|said| said.value.is_none()));
    }

    #[test]
    fn a_flag_beats_the_environment_beats_the_file() {
        let text = "[server]\nlisten = 'file:1'\nmetrics_listen = 'file:2'\ndrain_max_s = 3";
        let env = [
            ("RINGBACK_SERVER__LISTEN", "env:1"),
            ("RINGBACK_SERVER__METRICS_LISTEN", "env:2"),
        ];
        let (file, mut layers) = layers(text, &env);
        layers.flags = vec![("server.listen", "flag:1".to_owned(), "--listen")];
        let (raw, sources) = layers.read().unwrap();
        assert_eq!(raw.server.listen, "flag:1");
        assert_eq!(raw.server.metrics_listen.as_deref(), Some("env:2"));
        assert_eq!(raw.server.drain_max_s, 3);
        assert_eq!(sources.of("server.listen"), "--listen");
        assert_eq!(
            sources.of("server.metrics_listen"),
            "RINGBACK_SERVER__METRICS_LISTEN"
        );
        assert_eq!(
            sources.of("server.drain_max_s"),
            format!("{}, line 4", file.path().display())
        );
        let name = file.path().file_name().unwrap().to_string_lossy();
        assert_eq!(
            sources.of_short("server.drain_max_s"),
            format!("{name}, line 4")
        );
        let said = sources.levels(key_named("server.listen").unwrap());
        let said: Vec<_> = said
            .iter()
            .map(|it| (it.level, it.value.as_deref(), it.place.as_str()))
            .collect();
        let line = format!("{}, line 2", file.path().display());
        assert_eq!(
            said,
            [
                ("default", Some("\"127.0.0.1:8080\""), ""),
                ("file", Some("\"file:1\""), line.as_str()),
                ("environment", Some("\"env:1\""), "RINGBACK_SERVER__LISTEN"),
                ("flag", Some("\"flag:1\""), "--listen"),
            ]
        );
    }

    #[test]
    fn an_unknown_key_is_refused_with_its_line_and_the_nearest_name() {
        assert_eq!(
            fault("\n[server]\nlissten = 'x'", &[]),
            "FILE, line 3: there is no key `server.lissten`: did you mean `server.listen`?; \
             `ringback config example` lists all keys"
        );
        assert!(fault("colour = 1", &[]).starts_with("FILE, line 1: there is no key `colour`;"));
        assert!(
            fault("[colours]\nred = 1", &[]).starts_with("FILE, line 1: there is no key `colours`")
        );
    }

    #[test]
    fn an_unknown_variable_is_refused_but_others_of_ours_are_left_alone() {
        assert!(
            fault("", &[("RINGBACK_SERVER__LISTN", "x")])
                .contains("did you mean `RINGBACK_SERVER__LISTEN`?")
        );
        let (_file, layers) = layers(
            "",
            &[("RINGBACK_LOG", "debug"), ("RINGBACK_FAIL_AT", "x:1")],
        );
        layers.read().unwrap();
    }

    #[test]
    fn a_value_of_the_wrong_kind_names_file_line_and_key() {
        assert_eq!(
            fault("[storage]\nlow_mib = 'much'", &[]),
            "FILE, line 2: `storage.low_mib` must be a whole number, not negative"
        );
        assert_eq!(
            fault("tenants = 'a'", &[]),
            "FILE, line 1: `tenants` must be a list of texts, like [\"a\", \"b\"]"
        );
        assert_eq!(
            fault("[storage]\nlow_mib = -1", &[]),
            "FILE, line 2: `storage.low_mib` must be a whole number, not negative"
        );
        assert_eq!(
            fault("", &[("RINGBACK_STORAGE__LOW_MIB", "much")]),
            "RINGBACK_STORAGE__LOW_MIB: `storage.low_mib` must be a whole number, not negative"
        );
    }

    #[test]
    fn broken_toml_names_file_and_line() {
        assert!(fault("a = 1\nb = = 2", &[]).starts_with("FILE, line 2: "));
    }

    #[test]
    fn a_secret_comes_from_a_file_named_in_the_environment() {
        let secret = file("postgresql://h/d\n");
        let path = secret.path().display().to_string();
        let (_file, layers) = layers("", &[("RINGBACK_STORAGE__POSTGRESQL_URL_FILE", &path)]);
        let (raw, _) = layers.read().unwrap();
        let url = raw.storage.postgresql_url.expect("set");
        assert_eq!(url.reveal(), "postgresql://h/d");
        assert_eq!(format!("{url:?}"), "***");
    }

    #[test]
    fn a_missing_secret_file_names_its_variable() {
        let text = fault("", &[("RINGBACK_STORAGE__POSTGRESQL_URL_FILE", "/no/such")]);
        assert!(text.starts_with("cannot read /no/such (RINGBACK_STORAGE__POSTGRESQL_URL_FILE): "));
    }

    #[test]
    fn a_variable_and_its_file_twin_together_are_refused() {
        let env = [
            ("RINGBACK_LOG__FILTER", "a"),
            ("RINGBACK_LOG__FILTER_FILE", "/dev/null"),
        ];
        assert!(fault("", &env).contains("is set by both"));
    }

    #[test]
    fn lists_are_separated_by_commas_in_the_environment() {
        let (_file, layers) = layers("", &[("RINGBACK_TENANTS", "one, two")]);
        assert_eq!(layers.read().unwrap().0.tenants, ["one", "two"]);
    }

    #[test]
    fn distances_are_those_of_levenshtein() {
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("abc", "abc"), 0);
    }
}
