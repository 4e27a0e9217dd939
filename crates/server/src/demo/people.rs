//! The process of the people: customers, agents, and the book-keeper who compares what they
//! were told with what the server knows.

use super::ledger::{Comparison, Ledger, Seen};
use super::{agents, company, customers};
use crate::client::{Client, ClientFault};
use crate::demo::Keys;
use crate::process;
use anyhow::Result;
use serde_json::Value;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::watch;

/// What the people are asked to do, and what they share.
#[derive(Debug)]
pub(crate) struct Asked {
    /// Where chance comes from.
    pub(crate) seed: u64,
    /// How many times faster than life they are.
    pub(crate) speed: f64,
    /// Makes the repetition keys of this run differ from those of any other.
    pub(crate) run: String,
    over: watch::Sender<bool>,
    ledger: Mutex<Ledger>,
}

/// How often the book-keeper compares.
const COMPARE_EVERY: Duration = Duration::from_secs(15);
/// The most rows the API gives at once.
const PAGE: usize = 1_000;
/// How long the last comparison may take to find the server.
const LAST_COMPARISON_MAX: Duration = Duration::from_secs(20);

impl Asked {
    pub(crate) fn new(seed: u64, speed: f64) -> Result<Self> {
        Ok(Self {
            seed,
            speed,
            run: crate::secret::random()?[3..11].to_owned(),
            over: watch::Sender::new(false),
            ledger: Mutex::default(),
        })
    }

    /// The ledger. A person that failed while writing left it whole: every entry is one step.
    pub(super) fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the people shall stop.
    pub(super) fn is_over(&self) -> bool {
        *self.over.borrow()
    }

    /// Waits until the people shall stop.
    pub(super) async fn is_to_end(&self) {
        // The sender lives in self, so waiting cannot fail.
        let _ = self.over.subscribe().wait_for(|over| *over).await;
    }

    /// A time of life, as long as it takes at this speed.
    pub(super) fn at_speed(&self, time: Duration) -> Duration {
        time.div_f64(self.speed)
    }

    /// Lets a time of life pass, at speed; ends early when the people shall stop.
    pub(super) async fn pause(&self, time: Duration) {
        tokio::select! {
            () = tokio::time::sleep(self.at_speed(time)) => {}
            () = self.is_to_end() => {}
        }
    }
}

/// Runs the people until a signal or until `minutes` are over. `true` when nothing is missing.
pub(crate) async fn run(
    base: &str,
    keys: &Keys,
    asked: Asked,
    minutes: Option<f64>,
) -> Result<bool> {
    let asked = Arc::new(asked);
    let integrator = company::client(base, &keys.integrator)?;
    let supervisor = company::client(base, &keys.supervisor)?;
    agents::come(&asked, base, keys)?;
    customers::come(&asked, &integrator);
    let end = async {
        match minutes {
            Some(minutes) => tokio::time::sleep(Duration::from_secs_f64(minutes * 60.0)).await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        () = end => {}
        stop = process::asked_to_stop() => { stop?; }
        () = keep_books(&asked, &supervisor) => {}
    }
    asked.over.send_replace(true);
    last_comparison(&asked, &supervisor).await
}

async fn keep_books(asked: &Asked, supervisor: &Client) {
    loop {
        tokio::time::sleep(COMPARE_EVERY).await;
        match compare(asked, supervisor).await {
            Ok(comparison) => println!("people: {comparison}"),
            Err(fault) => println!("people: cannot compare now: {fault}"),
        }
    }
}

async fn last_comparison(asked: &Asked, supervisor: &Client) -> Result<bool> {
    let patient = async {
        loop {
            match compare(asked, supervisor).await {
                Err(fault) if fault.is_passing() => {
                    tokio::time::sleep(Duration::from_millis(500)).await;
                }
                result => return result,
            }
        }
    };
    let comparison = tokio::time::timeout(LAST_COMPARISON_MAX, patient)
        .await
        .map_err(|_| anyhow::anyhow!("the server did not come back, so nothing was compared"))??;
    println!("people: {comparison}");
    Ok(comparison.missing.is_empty())
}

/// Compares the ledger as it is now with what the server says afterwards.
async fn compare(asked: &Asked, supervisor: &Client) -> Result<Comparison, ClientFault> {
    // The copy comes first: what is told while the server is asked is compared next time.
    let ledger = asked.ledger().clone();
    let mut seen = Vec::new();
    let mut before: Option<String> = None;
    loop {
        let mut path = format!("/v1/interactions?limit={PAGE}&at_least={}", ledger.sequence);
        if let Some(before) = &before {
            path.push_str(&format!("&before={before}"));
        }
        let page = supervisor.get(&path).await?.body;
        seen.extend(
            page["items"]
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(read),
        );
        match page["next"].as_str() {
            Some(next) => before = Some(next.to_owned()),
            None => return Ok(ledger.compare(&seen)),
        }
    }
}

/// Reads one row of the list of interactions.
fn read(row: &Value) -> Option<Seen> {
    Some(Seen {
        interaction: row["id"].as_str()?.to_owned(),
        ending: row["ending"]["how"].as_str().map(str::to_owned),
    })
}
