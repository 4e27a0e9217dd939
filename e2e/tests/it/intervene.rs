//! A supervisor looks through what is open, leafs through it while the house goes on, and acts on
//! many at once.

use crate::support::centre::{Centre, quick_settings};
use crate::support::client::Client;
use crate::support::server::Site;
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn a_supervisor_finds_many_and_acts_on_them() {
    let site = Site::new();
    let server = site.start().await;
    let mut settings = quick_settings();
    settings["open_keys"] = json!(["region", "amount"]);
    settings["offer_ttl_ms"] = json!(3_600_000);
    let administrator = site.administrator(0);
    let centre = Centre::found("default", administrator, settings).await;
    let administrator = &centre.administrator;
    administrator.put("/v1/queues/second", json!({})).await;
    let north: Vec<String> = submit(administrator, "north", 12).await;
    submit(administrator, "south", 5).await;

    nonsense_is_refused_where_it_stands(administrator).await;
    finds_in_order_by_parameters(administrator, &north).await;
    finds_what_a_view_holds(administrator, &north).await;
    leafs_while_the_house_goes_on(administrator, &north).await;
    moves_many_and_tells_of_each(administrator, &north).await;
    gives_to_an_agent(administrator, &north[5]).await;
    lists_children_and_threads(administrator, &north[0]).await;
    server.stop().await;
}

/// Mail about a region, the amounts falling.
async fn submit(administrator: &Client, region: &str, count: usize) -> Vec<String> {
    let mut made = Vec::new();
    for number in 0..count {
        let body = json!({
            "queue": "inbox", "medium": "email", "contact": format!("{region}-{number}"),
            "user_data": {"region": region, "amount": 100 - number, "secret": "sealed"},
        });
        let answer = administrator.post("/v1/interactions", body).await;
        made.push(answer["interaction"].as_str().expect("an id").to_owned());
    }
    made
}

async fn nonsense_is_refused_where_it_stands(administrator: &Client) {
    for (body, at) in [
        (json!({"condition": "medium = "}), "/condition"),
        (json!({"order": "NOW"}), "/order"),
        (
            json!({"condition": "user.region = :where"}),
            "/parameters/where",
        ),
        (json!({"parameters": {"none": 1}}), "/parameters/none"),
    ] {
        let answer = administrator.try_post("/v1/snapshots", None, &body).await;
        let answer = answer.expect("an answer");
        assert_eq!(answer.status, 422, "{body}: {}", answer.body);
        assert_eq!(answer.body["errors"][0]["at"], at, "{}", answer.body);
    }
    // What is sealed cannot be asked for: nothing is known of it.
    let sealed = take(
        administrator,
        json!({"condition": "user.secret = 'sealed'"}),
    )
    .await;
    assert_eq!(sealed["total"], 0);
    let none = administrator.try_get("/v1/snapshots/s999").await;
    assert_eq!(none.expect("an answer").status, 404);
}

/// A view that does not pull is for looking at: its condition and order, with other parameters.
async fn finds_what_a_view_holds(administrator: &Client, north: &[String]) {
    let view = json!({
        "queue": "inbox",
        "condition": "user.region = :where AND tier <= :most",
        "order": "user.amount",
        "parameters": {"where": "south", "most": "0"},
    });
    administrator.put("/v1/config/view/regions", view).await;
    let told = administrator.get("/v1/views/regions").await;
    assert_eq!(told["pulls"], false, "{told}");
    assert_eq!(told["resting"], 17, "{told}");
    let all = take(administrator, json!({"view": "regions"})).await;
    assert_eq!(all["total"], 5, "{all}");
    let asked = json!({"view": "regions", "parameters": {"where": "north", "most": 0}});
    let taken = take(administrator, asked).await;
    let path = format!("/v1/snapshots/{}", taken["id"].as_str().expect("an id"));
    let (found, _) = ids(administrator, &path).await;
    let by_amount: Vec<String> = north.iter().rev().cloned().collect();
    assert_eq!(found, by_amount);
    for (body, status) in [
        (json!({"view": "nowhere"}), 404),
        (json!({"view": "regions", "condition": "tier = 1"}), 422),
        (json!({"view": "regions", "parameters": {"other": 1}}), 422),
    ] {
        let answer = administrator.try_post("/v1/snapshots", None, &body).await;
        let answer = answer.expect("an answer");
        assert_eq!(answer.status, status, "{body}: {}", answer.body);
    }
}

/// What came out of an interaction, and all of its thread, page by page.
async fn lists_children_and_threads(administrator: &Client, first: &str) {
    let mut thread = vec![first.to_owned()];
    for parent in [0, 0, 1] {
        let body = json!({"queue": "inbox", "medium": "email", "parent": thread[parent]});
        let made = administrator.post("/v1/interactions", body).await;
        thread.push(made["interaction"].as_str().expect("an id").to_owned());
    }
    let sequence = administrator.get("/v1/overview").await["sequence"].clone();
    let list = async |query: &str| {
        let path = format!("/v1/interactions?{query}&limit=2&at_least={sequence}");
        let page = administrator.get(&path).await;
        let items = page["items"].as_array().expect("items");
        let ids = items.iter().map(|it| it["id"].as_str().expect("an id"));
        (
            ids.map(str::to_owned).collect::<Vec<_>>(),
            page["next"].clone(),
        )
    };
    let of = |these: &[usize]| {
        these
            .iter()
            .map(|it| thread[*it].clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(list(&format!("parent={first}")).await.0, of(&[2, 1]));
    let (page, next) = list(&format!("thread={first}")).await;
    assert_eq!(page, of(&[3, 2]));
    let next = next.as_str().expect("there is more").to_owned();
    let (page, _) = list(&format!("thread={first}&before={next}")).await;
    assert_eq!(page, of(&[1, 0]));
    let path = format!("/v1/interactions?parent={first}&thread={first}");
    let both = administrator.try_get(&path).await.expect("an answer");
    assert_eq!(both.status, 422, "{}", both.body);
}

async fn take(client: &Client, ask: Value) -> Value {
    client.post("/v1/snapshots", ask).await
}

async fn ids(client: &Client, path: &str) -> (Vec<String>, Value) {
    let page = client.get(path).await;
    let items = page["items"].as_array().expect("a list");
    let ids = items.iter().map(|it| it["id"].as_str().expect("an id"));
    (ids.map(str::to_owned).collect(), page)
}

async fn finds_in_order_by_parameters(administrator: &Client, north: &[String]) {
    let ask = json!({
        "condition": "medium = 'email' AND queue = 'inbox' AND user.region = :where \
            AND user.amount >= 90",
        "parameters": {"where": "north"},
        "order": "user.amount",
    });
    let taken = take(administrator, ask).await;
    assert_eq!(taken["total"], 11, "{taken}");
    let path = format!("/v1/snapshots/{}", taken["id"].as_str().expect("an id"));
    let (found, page) = ids(administrator, &path).await;
    let mut expected = north[..11].to_vec();
    expected.reverse();
    assert_eq!(found, expected, "{page}");
}

/// What ends or comes while somebody leafs changes nothing about the pages.
async fn leafs_while_the_house_goes_on(administrator: &Client, north: &[String]) {
    let ask = json!({"condition": "user.region = 'north'"});
    let taken = take(administrator, ask).await;
    let path = format!("/v1/snapshots/{}", taken["id"].as_str().expect("an id"));
    let (first, page) = ids(administrator, &format!("{path}?limit=5")).await;
    assert_eq!(first, north[..5]);
    assert_eq!(page["next"], "5");
    let stop = json!({"cause": "abandoned"});
    let over = format!("/v1/interactions/{}/stop", north[6]);
    administrator.post(&over, stop).await;
    submit(administrator, "north", 1).await;
    let (second, page) = ids(administrator, &format!("{path}?limit=5&after=5")).await;
    assert_eq!(second, [&north[5..6], &north[7..10]].concat());
    assert_eq!(page["gone"], 1);
    let (rest, page) = ids(administrator, &format!("{path}?limit=5&after=10")).await;
    assert_eq!(rest, north[10..]);
    assert_eq!(page.get("next"), None, "{page}");
    administrator.delete(&path).await;
    let gone = administrator.try_get(&path).await.expect("an answer");
    assert_eq!(gone.status, 404);
}

async fn moves_many_and_tells_of_each(administrator: &Client, north: &[String]) {
    let ask = json!({
        "interactions": [north[0], north[6], "i999999", north[1]],
        "act": {"place": {"queue": "second", "reason": "flood"}},
    });
    let post = || administrator.try_post("/v1/bulk", Some("move-1"), &ask);
    let answer = post().await.expect("an answer").body;
    let statuses: Vec<u64> = answer["items"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|item| item["status"].as_u64().expect("a status"))
        .collect();
    assert_eq!(statuses, [200, 410, 404, 200], "{answer}");
    assert_eq!(
        (&answer["done"], &answer["refused"]),
        (&json!(2), &json!(2))
    );
    assert_eq!(answer["items"][1]["problem"]["code"], "interaction.stopped");
    let path = format!("/v1/interactions/{}", north[0]);
    let moved = administrator.get(&path).await;
    assert_eq!(moved["queue"], "second");
    // Asked again, it is told the same and nothing moves.
    let again = post().await.expect("an answer").body;
    assert_eq!(again, answer);
    assert_eq!(administrator.get(&path).await["version"], moved["version"]);

    let change = json!({
        "interactions": [north[2], north[3]],
        "act": {"change": {"properties": {"priority": 7}}},
    });
    administrator.post("/v1/bulk", change).await;
    let urgent = take(administrator, json!({"condition": "tier = 7"})).await;
    assert_eq!(urgent["total"], 2);
    let stop = json!({
        "interactions": [north[2], north[3]],
        "act": {"stop": {"cause": "cancelled", "reason": "duplicate"}},
    });
    administrator.post("/v1/bulk", stop).await;
    let urgent = take(administrator, json!({"condition": "tier = 7"})).await;
    assert_eq!(urgent["total"], 0);

    let many: Vec<String> = (1..=1_001).map(|number| format!("i{number}")).collect();
    let ask = json!({"interactions": many, "act": {"stop": {"cause": "abandoned"}}});
    let answer = administrator.try_post("/v1/bulk", None, &ask).await;
    let answer = answer.expect("an answer");
    assert_eq!((answer.status, &answer.body["limit"]), (422, &json!(1_000)));
}

/// It goes from whoever has it to another: through an offer, so that he knows.
async fn gives_to_an_agent(administrator: &Client, one: &str) {
    for agent in ["olga", "paul"] {
        let path = format!("/v1/agents/{agent}");
        let body = json!({"capacity": {"email": 2}});
        administrator.put(&path, body).await;
        for act in ["login", "ready"] {
            let body = if act == "login" {
                json!({"media": ["email"]})
            } else {
                json!({})
            };
            administrator.post(&format!("{path}/{act}"), body).await;
        }
    }
    let path = format!("/v1/interactions/{one}");
    for agent in ["olga", "paul"] {
        let ask = json!({
            "interactions": [one],
            "act": {"assign": {"agent": agent, "virtual_queue": "english"}},
        });
        let answer = administrator.post("/v1/bulk", ask).await;
        assert_eq!(answer["done"], 1, "{answer}");
        let view = administrator
            .until(&path, |view| view["place"] == "offer")
            .await;
        let offered = administrator.get(&format!("/v1/agents/{agent}")).await;
        assert_eq!(offered["offers"][0]["interaction"], one, "{view}");
        let key = json!({"name": format!("of-{agent}"), "role": "agent", "agent": agent});
        let key = administrator.post("/v1/keys", key).await;
        let desk = administrator.with_key(key["secret"].as_str().expect("shown once"));
        let offer = offered["offers"][0]["id"].as_str().expect("an id");
        desk.post(&format!("/v1/offers/{offer}/accept"), json!({}))
            .await;
        let view = administrator.get(&path).await;
        assert_eq!(view["place"], "handling", "{view}");
    }
    let olga = administrator.get("/v1/agents/olga").await;
    assert_eq!(olga["work"], json!([]), "{olga}");
}
