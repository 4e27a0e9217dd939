//! Every configuration key, once: its name, what it means, its kind and its default. All else
//! about keys is made from this table.

use super::Secret;
use serde::Deserialize;

/// What kind of value a key takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Any text.
    Text,
    /// A whole number, not negative.
    Number,
    /// Several texts; separated by commas in the environment.
    List,
    /// A text that is never shown.
    Secret,
}

/// One configuration key.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Key {
    /// The section it stands in; empty at the top of the file.
    pub(crate) section: &'static str,
    /// Its name within the section.
    pub(crate) name: &'static str,
    /// What it means, as lines of text.
    pub(crate) doc: &'static [&'static str],
    /// What it takes.
    pub(crate) kind: Kind,
    /// Its default as TOML; without one the key may be left out.
    pub(crate) default: Option<&'static str>,
    /// A value to show where there is no default, as TOML.
    pub(crate) example: Option<&'static str>,
}

impl Key {
    /// `section.name`.
    pub(crate) fn path(&self) -> String {
        if self.section.is_empty() {
            self.name.to_owned()
        } else {
            format!("{}.{}", self.section, self.name)
        }
    }

    /// The environment variable that sets it; with `_FILE` behind it, the variable that names a
    /// file holding the value.
    pub(crate) fn env(&self) -> String {
        let name = self.name.to_uppercase();
        if self.section.is_empty() {
            format!("RINGBACK_{name}")
        } else {
            format!("RINGBACK_{}__{name}", self.section.to_uppercase())
        }
    }
}

/// One section of the file and what it is about.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Section {
    /// Its name.
    pub(crate) name: &'static str,
    /// What it is about.
    pub(crate) doc: &'static [&'static str],
}

/// The type of a key in [`RawConfig`].
macro_rules! kind {
    (Text) => { Option<String> };
    (Number) => { Option<u64> };
    (List) => { Option<Vec<String>> };
    (Secret) => { Option<Secret> };
    ($kind:ident = $default:literal) => { <kind!($kind) as IntoIterator>::Item };
}

macro_rules! option {
    () => {
        None
    };
    ($value:literal) => {
        Some($value)
    };
}

/// Makes the raw types and the table of keys out of one list.
macro_rules! keys {
    (
        top { $($top:tt)* }
        $( $(#[doc = $about:literal])+ $section:ident : $raw:ident { $($body:tt)* } )*
    ) => {
        keys!(@raw RawConfig { $($top)* } { $( $section: $raw, )* });
        $( keys!(@raw $raw { $($body)* } {}); )*

        /// Every key, in the order of the example file.
        pub(crate) const KEYS: &[&[Key]] = &[
            keys!(@table "" { $($top)* }),
            $( keys!(@table (stringify!($section)) { $($body)* }), )*
        ];

        /// Every section, in the order of the example file.
        pub(crate) const SECTIONS: &[Section] = &[
            Section { name: "", doc: &[] },
            $( Section { name: stringify!($section), doc: &[$($about),+] }, )*
        ];
    };
    (@raw $raw:ident {
        $( $(#[doc = $doc:literal])+ $key:ident: $kind:ident $(= $default:literal)? $(, like $example:literal)?; )*
    } { $( $section:ident: $type:ident, )* }) => {
        /// What the sources say, before it is checked.
        #[derive(Debug, Clone, Deserialize)]
        #[serde(deny_unknown_fields)]
        pub(crate) struct $raw {
            $( $(#[doc = $doc])+ pub(crate) $key: kind!($kind $(= $default)?), )*
            $( pub(crate) $section: $type, )*
        }
    };
    (@table $section:tt {
        $( $(#[doc = $doc:literal])+ $key:ident: $kind:ident $(= $default:literal)? $(, like $example:literal)?; )*
    }) => {
        &[ $( Key {
            section: $section,
            name: stringify!($key),
            doc: &[$($doc),+],
            kind: Kind::$kind,
            default: option!($($default)?),
            example: option!($($example)?),
        }, )* ]
    };
}

keys! {
    top {
        /// The tenants served by this node. Each has its own queues, agents, keys and journal. A
        /// name that is new is made at the next start; one that is removed keeps its data.
        tenants: List = r#"["default"]"#;
    }

    /// Where the server listens.
    server: RawServer {
        /// Address and port of the API, of health and, unless `metrics_listen` is set, of metrics.
        /// An address that other machines can reach is refused until there is an administrator's
        /// key. TLS is left to a proxy in front.
        listen: Text = r#""127.0.0.1:8080""#;
        /// Address and port for `/metrics` alone. Not set: `/metrics` is on `listen`, for everybody
        /// who can reach it.
        metrics_listen: Text, like r#""127.0.0.1:9464""#;
        /// How many seconds a server that is asked to stop goes on as before, while `/health/ready`
        /// answers 503, so that whoever balances sends new requests elsewhere. Longer than the
        /// balancer takes to notice; 0 where none asks. At most 60.
        drain_notice_s: Number = "2";
        /// How many seconds a stopping server then lets requests under way finish. At most 300.
        drain_max_s: Number = "30";
        /// Pages of these origins may call the API from a browser, written exactly as browsers send
        /// them, for example `https://desk.example.com`.
        origins: List = "[]";
        /// Addresses of the proxies in front. What they say of where a request came from
        /// (`X-Forwarded-For`) is believed; what others say is not.
        proxies: List = "[]";
    }

    /// Where everything is kept.
    storage: RawStorage {
        /// `sqlite`: in files in `folder`, no other server needed. `postgresql`: in the database
        /// `postgresql_url`; the keys of personal values stay in `folder`.
        engine: Text = r#""sqlite""#;
        /// The data folder, made if it is not there. One server at a time uses it.
        folder: Text = r#""ringback-data""#;
        /// The folder of the keys that personal values are sealed with. Back it up apart from the
        /// data: who has only one of both can read nothing. Not set: `keys` in `folder`.
        keys_folder: Text, like r#""/var/lib/ringback-keys""#;
        /// The database, for engine `postgresql`.
        postgresql_url: Secret, like r#""postgresql://ringback:password@localhost/ringback""#;
        /// With less room than this on the disk (in MiB), new interactions are refused; work that was
        /// accepted goes on.
        low_mib: Number = "512";
        /// With less room than this (in MiB), the ballast is given up, so that accepted work can be
        /// finished.
        critical_mib: Number = "128";
        /// The size of the ballast, a file kept only to be given up on a full disk, in MiB. 0: none.
        ballast_mib: Number = "64";
    }

    /// The journal, from which everything can be told again.
    journal: RawJournal {
        /// How many hours a record is kept after it is in a snapshot. Streams can be resumed and
        /// decisions replayed this far back. The history of interactions is not touched.
        kept_h: Number = "72";
        /// A snapshot is taken when so many records were written since the last one; recovery
        /// reads at most about so many.
        snapshot_records: Number = "20000";
        /// How often, in seconds, to look whether a snapshot is due. What the last snapshot before
        /// the newest holds may be pruned then, too.
        snapshot_every_s: Number = "30";
    }

    /// How much is taken at once. Whoever meets a limit is told its name.
    limits: RawLimits {
        /// Commands that may wait for the engine; more are answered with 503.
        commands_waiting_max: Number = "16384";
        /// Requests under way at once, streams not counted; more are answered with 503.
        requests_max: Number = "1024";
        /// The largest request body and WebSocket frame, in KiB.
        body_max_kib: Number = "64";
        /// Requests and commands one key may send per second, on average; more are answered with
        /// 429.
        key_rate: Number = "200000";
        /// How many of them it may send at once after a pause.
        key_burst: Number = "400000";
        /// WebSocket and event-stream connections open at once.
        streams_max: Number = "10000";
        /// Of these, with one key.
        streams_per_key_max: Number = "1000";
    }

    /// Log-in of people with a password.
    login: RawLogin {
        /// Memory of one password hash (argon2id), in KiB. Passwords set before keep what they were
        /// made with.
        argon2_memory_kib: Number = "19456";
        /// How often a hash passes over its memory.
        argon2_passes: Number = "2";
        /// Lanes of the memory of a hash.
        argon2_lanes: Number = "1";
        /// Hashes computed at once. A log-in takes one; a flood of log-ins cannot use more
        /// processors than this.
        hashes_at_once: Number = "2";
        /// Log-ins that may wait for their turn; more are answered with 503.
        hashes_waiting_max: Number = "256";
        /// Log-ins that may be tried with one account within the window; more are answered with
        /// 429. A right one gives all tries back.
        tries_per_account: Number = "10";
        /// Log-ins that may be tried from one address within the window.
        tries_per_address: Number = "100";
        /// The window, in seconds.
        tries_window_s: Number = "900";
        /// How often, in seconds, the audit is told what was denied and which log-ins failed. What
        /// is not told yet when the server is killed is lost; a shorter time takes more room.
        refusals_told_every_s: Number = "60";
    }

    /// Log-in of people by a provider that speaks OpenID Connect.
    oidc: RawOidc {
        /// The address of the provider, exactly as it calls itself. Not set: nobody logs in by one.
        issuer: Text, like r#""https://id.example.com""#;
        /// What the provider knows this server as.
        client_id: Text, like r#""ringback""#;
        /// What this server proves that with. Not set: nothing, for a public client.
        client_secret: Secret, like r#""a secret of the provider""#;
        /// Where the provider sends browsers back to: `/v1/login/oidc/callback` of this server, as
        /// browsers reach it.
        redirect_url: Text, like r#""https://desk.example.com/v1/login/oidc/callback""#;
        /// The tenant whose people the provider knows. Not set: the only one.
        tenant: Text, like r#""default""#;
        /// Where the provider may stand: `public`, or `any` for one in a private network or on
        /// this machine. With `public` no address of such a network is called, whatever the
        /// provider's name or documents lead to.
        addresses: Text = r#""public""#;
    }

    /// Notices to a system of yours. Each tenant switches them on in its settings (`notices`).
    notices: RawNotices {
        /// Where a POST goes for every interaction that is over. A repetition has the same
        /// `Ringback-Effect` header. Not set: nobody is told.
        url: Secret, like r#""https://crm.example.com/ringback""#;
    }

    /// How webhooks are told what happens. Which there are is an object of each tenant.
    webhooks: RawWebhooks {
        /// Networks that webhooks may reach although they are internal, like `10.1.0.0/16`. All
        /// other private, local and reserved addresses are refused.
        allow: List = "[]";
        /// Whether addresses without TLS may be used: `deny` or `allow`.
        plain_http: Text = r#""deny""#;
        /// How many seconds a receiver may take to answer.
        wait_s: Number = "15";
        /// After how many seconds a delivery is tried again: one pause for each further attempt,
        /// each up to a fifth longer by chance. After the last attempt it is given up.
        retry_s: List = r#"["5", "60", "300", "1800", "7200", "18000", "36000"]"#;
        /// For how many days deliveries that are over can be looked at and asked for again.
        kept_days: Number = "7";
    }

    /// How codes and links reach people: by mail, or by a system of yours.
    notify: RawNotify {
        /// The mail server that takes mail for submission. `smtps` is TLS from the start, `smtp` is
        /// STARTTLS, which is demanded; `smtp://127.0.0.1:25?tls=none` only on this machine.
        smtp_url: Secret, like r#""smtps://user:password@mail.example.com:465""#;
        /// Who writes.
        smtp_from: Text, like r#""Ringback <no-reply@example.com>""#;
        /// A file with a further certificate to trust, in PEM.
        smtp_ca_file: Text, like r#""/etc/ringback/mail-ca.pem""#;
        /// Where a signed POST goes for every message that does not go by mail: to whatever is no
        /// mail address, or to everybody without `smtp_url`. It keeps to the rules of `webhooks`.
        webhook_url: Secret, like r#""https://sms.example.com/ringback""#;
        /// What these are signed with.
        webhook_secret: Secret, like r#""whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz""#;
    }

    /// Settings that are the same in all tenants and not to be changed over the API: what is set here
    /// is put into the settings of each tenant when the server starts, and locked there. What each
    /// means stands on the page of configuration objects, under `settings`.
    settings: RawSettings {
        /// How long an offer stands where its medium says nothing else, in milliseconds.
        offer_ttl_ms: Number, like "30000";
        /// How long an agent is not offered again what he did not take, in milliseconds.
        cool_down_ms: Number, like "30000";
        /// How long a desk may not answer before it counts as silent, in milliseconds.
        desk_grace_ms: Number, like "30000";
        /// How long a silent desk keeps what it handles, in milliseconds.
        handling_ttl_ms: Number, like "10800000";
        /// How long a route request looks for an agent, in milliseconds.
        routing_ttl_ms: Number, like "43200000";
        /// How many interactions of a tenant may be open.
        open_max: Number, like "5000000";
        /// The most credit a route request may be given, in milliseconds.
        credit_max_ms: Number, like "86400000";
        /// How long the answer to a command is kept for whoever repeats it, in milliseconds.
        results_kept_ms: Number, like "86400000";
    }

    /// What is told about the work, on the standard error output.
    log: RawLog {
        /// What is logged: `error`, `warn`, `info`, `debug` or `trace`, also per part, for example
        /// `info,ringback_api=debug`. The variable `RINGBACK_LOG` overrides it.
        filter: Text = r#""info""#;
        /// `human`, `json`, or `auto`: human on a terminal, JSON lines elsewhere.
        format: Text = r#""auto""#;
    }

    /// Traces, for a collector that speaks OTLP over HTTP.
    traces: RawTraces {
        /// Where spans go, as protobuf over HTTP. Not set: nowhere.
        otlp_url: Text, like r#""http://127.0.0.1:4318/v1/traces""#;
        /// How many of a hundred requests are traced.
        sample_percent: Number = "10";
    }
}

/// Every key, one after the other.
pub(crate) fn all() -> impl Iterator<Item = &'static Key> {
    KEYS.iter().copied().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_has_a_default_or_an_example() {
        for key in all() {
            assert!(
                key.default.is_some() != key.example.is_some(),
                "{} needs exactly one of both",
                key.path()
            );
        }
    }

    #[test]
    fn environment_names_are_unique() {
        let names: std::collections::BTreeSet<_> = all().map(Key::env).collect();
        assert_eq!(names.len(), all().count());
    }
}
