//! Two tenants with the same names in them, and a key of every kind.

use super::requests;
use crate::support::client::Client;
use crate::support::server::{Server, Site};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The server, its tenants and the keys.
pub(super) struct World {
    pub(super) home: Tenant,
    pub(super) abroad: Tenant,
    /// By column: the secret; empty for no key.
    secrets: BTreeMap<String, String>,
    /// Interactions that stay as they are, for lists.
    pub(super) standing: Standing,
    _server: Server,
    _site: Site,
}

/// One company.
pub(super) struct Tenant {
    pub(super) administrator: Client,
    pub(super) anna: Client,
    pub(super) berta: Client,
    /// Ids of anna and berta.
    pub(super) agents: BTreeMap<String, String>,
    /// How many open interactions a queue of this tenant may hold: an odd number that is found
    /// in no other place, so that a queue shown to a stranger is noticed.
    pub(super) odd_number: u32,
}

/// Interactions at home that nobody touches.
#[derive(Default)]
pub(super) struct Standing {
    /// Waits in north, in the line `english`.
    pub(super) north: String,
    /// Waits in south, in the line `english`; its contact is `person-south`.
    pub(super) south: String,
    /// Belongs to north, was completed by anna.
    pub(super) of_anna: String,
    /// Belongs to south, was completed by berta.
    pub(super) of_berta: String,
}

/// What stands only in answers about home.
pub(super) const HOME_MARKS: [&str; 2] = ["mark-home", "471147"];
/// What stands only in answers about the other tenant.
pub(super) const ABROAD_MARKS: [&str; 2] = ["mark-abroad", "815815"];
/// What stands only in answers about the queue south.
pub(super) const SOUTH_MARK: &str = "mark-home-south";
/// Nothing may come to its end by itself while cells are compared.
const LONG: u64 = 3_600_000;

impl World {
    /// Starts a server and sets everything up for these columns.
    pub(super) async fn found(columns: &[String]) -> Self {
        // What is denied is told to the journal now and then; here nothing else may stand in it.
        let site = Site::of_tenants(&["home", "abroad"])
            .with("RINGBACK_LOGIN__REFUSALS_TOLD_EVERY_S", "3600");
        let server = site.start().await;
        let home = Tenant::found(site.administrator(0), "home", 471_147).await;
        let abroad = Tenant::found(site.administrator(1), "abroad", 815_815).await;
        let mut secrets = BTreeMap::new();
        for column in columns {
            secrets.insert(column.clone(), secret(&home, &abroad, column).await);
        }
        let standing = stand(&home).await;
        let world = Self {
            home,
            abroad,
            secrets,
            standing,
            _server: server,
            _site: site,
        };
        // Lists come from the records; from here on they hold what stands.
        let sequence = world.home_sequence().await;
        let path = format!("/v1/interactions?at_least={sequence}");
        world.home.administrator.get(&path).await;
        world
    }

    /// The public API with the key of a column.
    pub(super) fn client(&self, column: &str) -> Client {
        let secret = self.secrets.get(column);
        let secret = secret.unwrap_or_else(|| panic!("there is no key {column}"));
        self.home.administrator.with_key(secret)
    }

    /// The last record of home.
    pub(super) async fn home_sequence(&self) -> u64 {
        let overview = self.home.administrator.get("/v1/overview").await;
        overview["sequence"].as_u64().expect("a sequence")
    }
}

impl Tenant {
    async fn found(administrator: Client, mark: &str, odd_number: u32) -> Self {
        let settings = settings();
        administrator.put("/v1/settings", settings).await;
        let drafts = "/v1/config/workbin/drafts";
        administrator.put(drafts, json!({})).await;
        let shared = "/v1/config/workbin/shared";
        administrator.put(shared, json!({"owner": "group"})).await;
        for queue in ["north", "south"] {
            let path = format!("/v1/queues/{queue}");
            administrator
                .put(&path, json!({"open_max": odd_number}))
                .await;
        }
        administrator
            .put("/v1/config/person/pat", person(mark))
            .await;
        let line = json!({"waiting_max": odd_number});
        administrator.put("/v1/virtual-queues/english", line).await;
        let mut agents = BTreeMap::new();
        for name in ["anna", "berta"] {
            let path = format!("/v1/agents/{name}");
            administrator.put(&path, agent(name, mark)).await;
            let id = administrator.get(&path).await["id"].clone();
            agents.insert(name.to_owned(), id.as_str().expect("an id").to_owned());
        }
        let team = group(mark);
        administrator.put("/v1/config/group/team", team).await;
        let skill = json!({"display_name": "English", "level_max": 10});
        administrator.put("/v1/config/skill/English", skill).await;
        // For looking at only: one that pulls writes in the journal by itself.
        for queue in ["north", "south"] {
            let path = format!("/v1/config/view/{queue}-view");
            administrator.put(&path, json!({"queue": queue})).await;
        }
        let key =
            |name: &str| json!({"name": format!("desk-{name}"), "role": "agent", "agent": name});
        Self {
            anna: make_key(&administrator, key("anna")).await,
            berta: make_key(&administrator, key("berta")).await,
            administrator,
            agents,
            odd_number,
        }
    }
}

/// Settings under which nothing ends by itself.
pub(super) fn settings() -> Value {
    json!({
        "offer_ttl_ms": LONG,
        "cool_down_ms": LONG,
        "desk_grace_ms": LONG,
        "misses_max": {"chat": 100},
        "open_keys": ["mark"],
    })
}

/// An agent whose first skill nobody else has.
pub(super) fn agent(name: &str, mark: &str) -> Value {
    let mut skills = json!({format!("mark-{mark}"): 1});
    skills[name] = 1.into();
    json!({"skills": skills, "capacity": {"chat": 100}})
}

/// A person whose display name is the tenant's mark.
pub(super) fn person(mark: &str) -> Value {
    json!({"display_name": format!("mark-{mark}"), "role": "auditor"})
}

/// The group of anna alone.
pub(super) fn group(mark: &str) -> Value {
    json!({"display_name": format!("mark-{mark}"), "members": ["anna"]})
}

/// Makes a key and gives a client that uses it.
pub(super) async fn make_key(administrator: &Client, key: Value) -> Client {
    let made = administrator.post("/v1/keys", key).await;
    administrator.with_key(made["secret"].as_str().expect("the secret is shown once"))
}

async fn secret(home: &Tenant, abroad: &Tenant, column: &str) -> String {
    let client = match column {
        "adm" => home.administrator.clone(),
        "own" => home.anna.clone(),
        "other" => home.berta.clone(),
        "none" => home.administrator.with_key(""),
        "gone" => {
            let key = json!({"name": "gone", "role": "administrator"});
            let gone = make_key(&home.administrator, key).await;
            let path = "/v1/keys/gone";
            let taken_back = requests::send(&home.administrator, "DELETE", path, None).await;
            assert_eq!(taken_back.status, 200, "the key is taken back");
            gone
        }
        "abroad" => abroad.administrator.clone(),
        "abroad.a" => abroad.anna.clone(),
        other => make_key(&home.administrator, key_of(other)).await,
    };
    client.secret().to_owned()
}

/// The key of a column: its role, and `.n` for the queue north only, `.g` for the group team only.
fn key_of(column: &str) -> Value {
    let (role, scoped) = match column.split_once('.') {
        Some((role, "n")) => (role, Some(("queues", "north"))),
        Some((role, "g")) => (role, Some(("groups", "team"))),
        Some(_) => panic!("there is no key {column}"),
        None => (column, None),
    };
    let role = match role {
        "adm" => "administrator",
        "sup" => "supervisor",
        "int" => "integrator",
        "aud" => "auditor",
        _ => panic!("there is no key {column}"),
    };
    let mut key = json!({"name": format!("key-{column}"), "role": role});
    if let Some((what, name)) = scoped {
        key[what] = json!([name]);
    }
    key
}

async fn stand(home: &Tenant) -> Standing {
    use super::objects::{self, submit};
    objects::at_desk(home, "anna").await;
    objects::at_desk(home, "berta").await;
    let waiting = |queue| submit(&home.administrator, queue, Some("Nobody>=9"));
    let north = waiting("north").await.interaction;
    let south = waiting("south").await.interaction;
    let of_anna = objects::over(home, "anna", "north").await.interaction;
    let of_berta = objects::over(home, "berta", "south").await.interaction;
    Standing {
        north,
        south,
        of_anna,
        of_berta,
    }
}
