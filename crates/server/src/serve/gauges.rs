//! The numbers a supervisor watches, as gauges: asked of every tenant now and then.

use ringback_model::Now;
use ringback_ports::query::{Query, View, VirtualQueueView};
use ringback_ports::store::Tenant;
use ringback_ports::{Actor, Hall};
use std::sync::Arc;
use std::time::Duration;

/// Often enough for a scrape every 15 seconds, and nothing to the loop.
const EVERY: Duration = Duration::from_secs(5);

/// Keeps the gauges up to date until the process ends.
pub(super) async fn keep(hall: Arc<dyn Hall>) {
    describe();
    let actor = Arc::new(Actor::node());
    loop {
        for tenant in hall.tenants() {
            measure(&*hall, &tenant, &actor).await;
        }
        tokio::time::sleep(EVERY).await;
    }
}

fn describe() {
    metrics::describe_gauge!("ringback_interactions_open", "Open interactions, by place.");
    metrics::describe_gauge!("ringback_agents_logged_in", "Agents logged in.");
    metrics::describe_gauge!(
        "ringback_effects",
        "Effects that are not finished; `parked` ones wait for a person."
    );
    metrics::describe_gauge!("ringback_timers_armed", "Timers that are armed.");
    metrics::describe_gauge!("ringback_virtual_queue_waiting", "Requests in line.");
    metrics::describe_gauge!(
        "ringback_virtual_queue_oldest_seconds",
        "How long the first in line has waited; 0 when nobody waits."
    );
}

/// A tenant that does not answer keeps its last numbers; health tells that it does not.
async fn measure(hall: &dyn Hall, tenant: &Tenant, actor: &Arc<Actor>) {
    let ask = |query| hall.query(tenant.id, Arc::clone(actor), query);
    let Ok((_, View::Overview(overview))) = ask(Query::Overview).await else {
        return;
    };
    let name = tenant.name.to_string();
    let gauge = |metric: &'static str, label: &'static str, value: &'static str| metrics::gauge!(metric, "tenant" => name.clone(), label => value);
    for (place, count) in [
        ("queue", overview.resting),
        ("routing", overview.routing),
        ("offer", overview.offered),
        ("handling", overview.handling),
    ] {
        gauge("ringback_interactions_open", "place", place).set(count as f64);
    }
    let (waiting, started, parked) = overview.effects;
    for (phase, count) in [
        ("issued", waiting),
        ("started", started),
        ("parked", parked),
    ] {
        gauge("ringback_effects", "phase", phase).set(f64::from(count));
    }
    let logged_in = f64::from(overview.logged_in);
    metrics::gauge!("ringback_agents_logged_in", "tenant" => name.clone()).set(logged_in);
    let timers = overview.timers as f64;
    metrics::gauge!("ringback_timers_armed", "tenant" => name.clone()).set(timers);
    if let Ok((_, View::VirtualQueues(lines))) = ask(Query::VirtualQueues).await {
        for line in &lines {
            tell_line(&name, line, overview.now);
        }
    }
}

fn tell_line(tenant: &str, line: &VirtualQueueView, now: Now) {
    let tenant = tenant.to_owned();
    let name = line.virtual_queue.name.to_string();
    metrics::gauge!("ringback_virtual_queue_waiting", "tenant" => tenant.clone(), "virtual_queue" => name.clone())
        .set(f64::from(line.waiting));
    let oldest = line.oldest.map_or(0, |since| now.engine.since(since).0);
    metrics::gauge!("ringback_virtual_queue_oldest_seconds", "tenant" => tenant, "virtual_queue" => name)
        .set(oldest as f64 / 1_000.0);
}
