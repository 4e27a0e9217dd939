//! Who may do what and who hears what: three hand-written files of expectations in `e2e/rights`,
//! each cell performed on the built binary with real objects in two queues of two tenants.

mod events;
mod objects;
mod probe;
mod requests;
mod table;
mod world;

use crate::support::stream::Stream;
use objects::Made;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use table::{Row, Table};
use world::World;

const MATRIX: &str = include_str!("../../rights/matrix.txt");
const COMMANDS: &str = include_str!("../../rights/commands.txt");

#[tokio::test(flavor = "multi_thread")]
async fn every_operation_is_open_to_exactly_the_keys_it_is_for() {
    let table = Table::read(MATRIX);
    let world = World::found(&table.columns).await;
    let document = world.home.administrator.get("/v1/openapi.json").await;
    compare_operations(&table, &document);
    let mut wrong = Vec::new();
    for row in &table.rows {
        for (column, expected) in row.cells(&table.columns) {
            let cell = requests::Cell {
                method: &row.words[0],
                path: &row.words[1],
                of: &row.words[2],
                column,
            };
            let found = requests::perform(&world, &cell, expected).await;
            note(&mut wrong, row, column, expected, found);
        }
    }
    judge(&wrong);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_command_is_open_to_exactly_the_keys_it_is_for() {
    let table = Table::read(COMMANDS);
    let world = World::found(&table.columns).await;
    compare_commands(&world, &table).await;
    let mut streams = BTreeMap::new();
    let mut wrong = Vec::new();
    for row in &table.rows {
        for (column, expected) in row.cells(&table.columns) {
            if !streams.contains_key(column) {
                let client = world.client(column);
                streams.insert(
                    column.to_owned(),
                    Stream::open(&client, "events=none").await,
                );
            }
            let stream = streams.get_mut(column).expect("just opened");
            let found = match stream {
                Ok(stream) => command(&world, stream, &row.words, column, expected).await,
                Err(broken) if broken.0.contains("401") => Ok("unauth".to_owned()),
                Err(broken) => Err(broken.0.clone()),
            };
            note(&mut wrong, row, column, expected, found);
        }
    }
    judge(&wrong);
}

/// Sends one command over the WebSocket and says what class of answer came.
async fn command(
    world: &World,
    stream: &mut Stream,
    words: &[String],
    column: &str,
    expected: &str,
) -> Result<String, String> {
    let [verb, of] = words else {
        return Err("a line has a command and what it is about".to_owned());
    };
    let made = objects::make(world, of).await;
    let before = world.home_sequence().await;
    let answer = stream.call(verb, None, frame(verb, of, &made)).await;
    let answer = answer.map_err(|broken| broken.0)?;
    let after = world.home_sequence().await;
    objects::clean(world, &made).await;
    let (class, body) = match answer {
        Ok(frame) => ("ok".to_owned(), frame["ok"].clone()),
        Err(problem) => {
            let status = problem["status"].as_u64().unwrap_or_default();
            let status = u16::try_from(status).unwrap_or_default();
            (probe::class(status), problem)
        }
    };
    let class = probe::seen_from(column, class);
    probe::check_marks(column, &body.to_string())?;
    let reads = verb.ends_with(".get") || verb.starts_with("statistics.") || verb == "ping";
    let writes = !reads;
    probe::check_trace(expected, &class, writes, before, after)?;
    Ok(class)
}

/// The fields of a command.
fn frame(verb: &str, of: &str, made: &Made) -> Value {
    let mut fields = match verb {
        "interaction.submit" => {
            json!({"queue": of, "medium": "chat", "user_data": {"mark": "a new one"}})
        }
        "interaction.route" => json!({"virtual_queue": "english", "target": "Nobody>=9"}),
        "route.change" => json!({"priority": 3}),
        "interaction.stop" => json!({"cause": "abandoned"}),
        "interaction.complete" => json!({"reason": "solved"}),
        "offer.reject" => json!({"reason": "busy"}),
        "agent.not_ready" => json!({"reason": "break"}),
        "agent.subscribe" | "agent.unsubscribe" => json!({"workbin": "shared", "group": "team"}),
        "statistics.watch" => {
            let measure = if of.starts_with("agent/") || of.starts_with("group/") {
                "total_handled"
            } else {
                "current_in_queue"
            };
            json!({"numbers": [format!("{measure}/{of}")], "mode": "time", "period_ms": 3_600_000})
        }
        "statistics.unwatch" => json!({"watch": 4_000_000}),
        verb => command_body(verb, of),
    };
    if verb.starts_with("agent.") && of != "-" {
        fields["agent"] = of.into();
    }
    let new = ["interaction.submit", "interaction.begin"];
    if verb.starts_with("interaction.") && !new.contains(&verb) {
        fields["interaction"] = made.interaction.as_str().into();
    }
    if verb.starts_with("route.") {
        fields["request"] = made.request.as_str().into();
    }
    if verb.starts_with("offer.") {
        fields["offer"] = made.offer.as_str().into();
    }
    fields
}

fn command_body(verb: &str, of: &str) -> Value {
    match verb.strip_prefix("interaction.") {
        Some("get") | None => json!({}),
        Some(act) => work_body(act, of),
    }
}

/// What is said with an act of work, right for everybody who may.
fn work_body(act: &str, of: &str) -> Value {
    let queue = of.split_once('@').map_or("north", |(_, queue)| queue);
    match act {
        "begin" => json!({"queue": queue, "medium": "chat", "kind": "outbound"}),
        "place" if of.starts_with("handled") => json!({"queue": "__BACK__"}),
        "place" => json!({"queue": queue}),
        "change" => json!({"properties": {"kind": "other"}}),
        "transfer" | "monitor" => json!({"agent": "berta"}),
        "invite" => json!({"agent": "berta", "as": "consultant"}),
        "wrap-up" | "wrap_up" => json!({"act": "finish"}),
        _ => json!({}),
    }
}

/// An operation without a line, or a line without an operation, is a mistake of the file.
fn compare_operations(table: &Table, document: &Value) {
    let listed: BTreeSet<(String, String)> = table
        .rows
        .iter()
        .map(|row| (row.words[0].clone(), row.words[1].clone()))
        .collect();
    let paths = document["paths"]
        .as_object()
        .expect("the document has paths");
    let mut described = BTreeSet::new();
    for (path, item) in paths {
        for method in [
            "get", "put", "post", "delete", "patch", "head", "options", "trace",
        ] {
            if item[method].is_object() {
                described.insert((method.to_uppercase(), path.clone()));
            }
        }
    }
    let missing: Vec<_> = described.difference(&listed).collect();
    let unknown: Vec<_> = listed.difference(&described).collect();
    assert!(
        missing.is_empty() && unknown.is_empty(),
        "matrix.txt misses {missing:?} and lists {unknown:?}, which the document does not"
    );
}

/// Likewise for commands, which the server lists when it is asked for one that is none.
async fn compare_commands(world: &World, table: &Table) {
    let listed: BTreeSet<String> = table.rows.iter().map(|row| row.words[0].clone()).collect();
    let client = world.client("adm");
    let stream = Stream::open(&client, "events=none").await;
    let mut stream = stream.expect("a connection");
    let answer = stream.call("nothing.such", None, json!({})).await;
    let problem = answer
        .expect("an answer")
        .expect_err("there is no such command");
    let detail = problem["detail"].as_str().expect("a detail");
    let (_, names) = detail
        .split_once("there are ")
        .expect("the list of commands");
    let known: BTreeSet<String> = names.split(", ").map(str::to_owned).collect();
    assert_eq!(known, listed, "the commands and the lines of commands.txt");
}

/// Notes a cell that is not as expected.
fn note(
    wrong: &mut Vec<String>,
    row: &Row,
    column: &str,
    expected: &str,
    found: Result<String, String>,
) {
    let what = match found {
        Ok(found) if found == expected => return,
        Ok(found) => found,
        Err(why) => why,
    };
    let words = row.words.join(" ");
    wrong.push(format!(
        "line {}: {words}, {column}: expected {expected}, found {what}",
        row.line
    ));
}

fn judge(wrong: &[String]) {
    assert!(
        wrong.is_empty(),
        "{} cells are not as written:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}
