//! Carries deliveries out. One dead receiver holds up nobody else: each webhook has attempts of
//! its own under way, a few at once, and what it does not take waits in the store, not in memory.

use crate::post::{Answered, Message, Post, PostFault};
use crate::schedule::Schedule;
use crate::sign::Secret;
use ringback_model::config::{Body, Kind, Object, Webhook};
use ringback_model::{Millis, ObjectId, WallTime};
use ringback_ports::envelope::Actor;
use ringback_ports::outward::{Attempt, Delivery, Ledger, Next, Standing};
use ringback_ports::query::{Configured, Query, View};
use ringback_ports::store::StoreFault;
use ringback_ports::{Hall, TenantId};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// How deliveries are carried out.
#[derive(Debug, Clone)]
pub struct CourierOptions {
    /// When they are tried again.
    pub schedule: Schedule,
    /// For how long those that are over are kept.
    pub kept: Duration,
}

/// Attempts under way at once for one webhook.
pub const AT_ONCE: usize = 4;
/// How often is looked whether something is due.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// How often what is over is forgotten.
const FORGET_EVERY: Duration = Duration::from_secs(600);
/// The longest a receiver may ask to be left alone.
const RETRY_AFTER_MAX: Duration = Duration::from_secs(3_600);
/// The receiver is gone and says so.
const GONE: u16 = 410;

/// The media type of one event in the JSON format of CloudEvents.
const CLOUD_EVENT: &str = "application/cloudevents+json; charset=utf-8";

type Key = (TenantId, ObjectId, String);

struct Courier {
    hall: Arc<dyn Hall>,
    ledger: Ledger,
    post: Post,
    options: CourierOptions,
    house: Arc<Actor>,
    under_way: Mutex<BTreeSet<Key>>,
}

/// Carries deliveries out until `closing` turns `true`.
pub fn start(
    hall: Arc<dyn Hall>,
    ledger: Ledger,
    post: Post,
    options: CourierOptions,
    closing: watch::Receiver<bool>,
) -> JoinHandle<()> {
    let courier = Arc::new(Courier {
        hall,
        ledger,
        post,
        options,
        house: Arc::new(Actor::node()),
        under_way: Mutex::default(),
    });
    tokio::spawn(courier.work(closing))
}

/// The time on the wall, in milliseconds since 1970.
fn now() -> WallTime {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    let millis = since.map_or(0, |since| since.as_millis());
    WallTime(i64::try_from(millis).unwrap_or(i64::MAX))
}

fn later(at: WallTime, pause: Duration) -> WallTime {
    let millis = i64::try_from(pause.as_millis()).unwrap_or(i64::MAX);
    WallTime(at.0.saturating_add(millis))
}

impl Courier {
    async fn work(self: Arc<Self>, mut closing: watch::Receiver<bool>) {
        let mut forgotten: Option<Instant> = None;
        while !*closing.borrow() {
            self.round().await;
            if forgotten.is_none_or(|at| at.elapsed() >= FORGET_EVERY) {
                self.forget().await;
                forgotten = Some(Instant::now());
            }
            tokio::select! {
                () = self.ledger.rung() => {}
                () = tokio::time::sleep(LOOK_EVERY) => {}
                changed = closing.changed() => if changed.is_err() { return },
            }
        }
    }

    /// Looks at every tenant once.
    async fn round(self: &Arc<Self>) {
        let (mut waiting, mut disabled) = (0, 0);
        for tenant in self.hall.tenants() {
            match self.tenant(tenant.id).await {
                Ok((more, off)) => {
                    waiting += more;
                    disabled += off;
                }
                Err(problem) => {
                    tracing::warn!(tenant = %tenant.id, %problem, "Deliveries cannot be looked at.");
                }
            }
        }
        metrics::gauge!("ringback_webhook_waiting").set(as_number(waiting));
        metrics::gauge!("ringback_webhooks_disabled").set(as_number(disabled));
    }

    /// Sets attempts of one tenant under way. Gives how many deliveries wait, and how many
    /// webhooks are told nothing.
    async fn tenant(self: &Arc<Self>, tenant: TenantId) -> Result<(u64, u64), StoreFault> {
        let standing = self.ledger.ask(move |it| it.standing(tenant)).await?;
        let waiting = standing.iter().map(|it| it.waiting).sum();
        let disabled = standing.iter().filter(|it| it.disabled.is_some()).count();
        if waiting > 0 {
            for hook in self.hooks(tenant).await {
                let of_hook = standing.iter().find(|it| it.hook == hook.id);
                if let Some(of_hook) = of_hook {
                    self.hook(tenant, &hook, of_hook).await?;
                }
            }
        }
        Ok((waiting, disabled as u64))
    }

    async fn hooks(&self, tenant: TenantId) -> Vec<Object> {
        let asked = Query::Objects(Kind::Webhook);
        let asked = self.hall.query(tenant, self.house.clone(), asked).await;
        let Ok((_, View::Objects(found))) = asked else {
            // It is being loaded or closed; the next round asks again.
            return Vec::new();
        };
        let objects = found.into_iter().filter_map(|it| match it {
            Configured::Object { object, .. } => Some(object),
            _ => None,
        });
        objects.collect()
    }

    async fn hook(
        self: &Arc<Self>,
        tenant: TenantId,
        object: &Object,
        standing: &Standing,
    ) -> Result<(), StoreFault> {
        let Body::Webhook(hook) = &object.body else {
            return Ok(());
        };
        if hook.disabled || standing.disabled.is_some() || standing.waiting == 0 {
            return Ok(());
        }
        let id = object.id;
        let under_way = self.under_way_of(tenant, id);
        let free = AT_ONCE.saturating_sub(under_way.len());
        if free == 0 {
            return Ok(());
        }
        let due = self
            .ledger
            .ask(move |it| it.due(tenant, id, now(), AT_ONCE * 2))
            .await?;
        let fresh = due.into_iter().filter(|it| !under_way.contains(&it.id));
        for delivery in fresh.take(free) {
            let key = (tenant, id, delivery.id.clone());
            self.under_way().insert(key.clone());
            let one = Arc::clone(self).one(tenant, hook.clone(), delivery);
            let courier = Arc::clone(self);
            tokio::spawn(async move {
                if let Err(problem) = one.await {
                    tracing::warn!(%tenant, %problem, "An attempt could not be noted.");
                }
                courier.under_way().remove(&key);
                courier.ledger.ring();
            });
        }
        Ok(())
    }

    fn under_way(&self) -> std::sync::MutexGuard<'_, BTreeSet<Key>> {
        // A set changes in one step.
        self.under_way
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn under_way_of(&self, tenant: TenantId, hook: ObjectId) -> BTreeSet<String> {
        let under_way = self.under_way();
        let of_hook = under_way.iter().filter(|it| it.0 == tenant && it.1 == hook);
        of_hook.map(|(_, _, id)| id.clone()).collect()
    }

    /// One attempt of one delivery.
    async fn one(
        self: Arc<Self>,
        tenant: TenantId,
        hook: Webhook,
        delivery: Delivery,
    ) -> Result<(), StoreFault> {
        let at = now();
        let begun = Instant::now();
        let sent = self.send(tenant, &hook, &delivery, at).await;
        let took = begun.elapsed();
        let next = self.next(&delivery, &sent);
        count(&sent, next, took);
        let attempt = attempt(at, took, &sent);
        let (id, of) = (delivery.id.clone(), delivery.hook);
        let noted = attempt.clone();
        self.ledger
            .ask(move |it| it.attempted(tenant, of, &id, &noted, next))
            .await?;
        match next {
            Next::GivenUp => self.given_up(tenant, &delivery, &attempt).await,
            Next::Delivered | Next::Again(_) => Ok(()),
        }
    }

    async fn send(
        &self,
        tenant: TenantId,
        hook: &Webhook,
        delivery: &Delivery,
        at: WallTime,
    ) -> Result<Answered, PostFault> {
        let secrets = self.secrets(tenant, hook, at).await?;
        let message = Message {
            url: &hook.url,
            id: &delivery.id,
            seconds: at.0.div_euclid(1_000),
            content_type: CLOUD_EVENT,
            body: &delivery.body,
            secrets: &secrets,
        };
        self.post.send(message).await
    }

    /// The secrets in force, unsealed.
    async fn secrets(
        &self,
        tenant: TenantId,
        hook: &Webhook,
        at: WallTime,
    ) -> Result<Vec<Secret>, PostFault> {
        let sealed: Vec<_> = hook
            .secrets
            .iter()
            .filter(|secret| secret.until.is_none_or(|until| at < until))
            .map(|secret| secret.sealed.clone())
            .collect();
        let vault = self.hall.vault();
        let opened = tokio::task::spawn_blocking(move || {
            let opened = sealed.iter().map(|it| vault.open(tenant, it));
            opened.collect::<Result<Vec<_>, _>>()
        });
        let failed =
            |problem: String| PostFault::Failed(format!("no secret to sign with: {problem}"));
        let opened = opened.await.map_err(|error| failed(error.to_string()))?;
        let opened = opened.map_err(|error| failed(error.to_string()))?;
        let read = opened.into_iter().flatten().filter_map(|plain| {
            let text = String::from_utf8(plain).ok()?;
            Secret::read(&text).ok()
        });
        let secrets: Vec<Secret> = read.collect();
        if secrets.is_empty() {
            return Err(failed("make one".to_owned()));
        }
        Ok(secrets)
    }

    fn next(&self, delivery: &Delivery, sent: &Result<Answered, PostFault>) -> Next {
        let tries = delivery.tries.saturating_add(1);
        let wish = match sent {
            Ok(answer) if (200..300).contains(&answer.status) => return Next::Delivered,
            Ok(answer) if answer.status == GONE => return Next::GivenUp,
            Ok(answer) => answer.retry_after,
            Err(_) => None,
        };
        match self.options.schedule.pause(&delivery.id, tries) {
            Some(pause) => {
                let wish = wish.unwrap_or_default().min(RETRY_AFTER_MAX);
                Next::Again(later(now(), pause.max(wish)))
            }
            None => Next::GivenUp,
        }
    }

    /// A receiver that is gone, or took nothing since this delivery was made, is told nothing any
    /// more, until somebody looks at it.
    async fn given_up(
        &self,
        tenant: TenantId,
        delivery: &Delivery,
        attempt: &Attempt,
    ) -> Result<(), StoreFault> {
        let hook = delivery.hook;
        let made = delivery.made;
        let reason = if attempt.status == Some(GONE) {
            "the receiver answered 410: it is gone".to_owned()
        } else {
            let problem = attempt.problem.as_deref().unwrap_or("no answer");
            let tries = delivery.tries.saturating_add(1);
            format!(
                "delivery {} was given up after {tries} attempts: {problem}",
                delivery.id
            )
        };
        tracing::warn!(%tenant, %hook, reason, "A delivery was given up.");
        let gone = attempt.status == Some(GONE);
        self.ledger
            .ask(move |it| {
                let standing = it.standing(tenant)?;
                let standing = standing.iter().find(|it| it.hook == hook);
                let taken = standing.and_then(|it| it.succeeded);
                if gone || taken.is_none_or(|taken| taken.0 < made.0) {
                    it.disable(tenant, hook, Some((now(), &reason)))?;
                }
                Ok(())
            })
            .await
    }

    /// Forgets what is over for long, and what belongs to webhooks that are deleted.
    async fn forget(&self) {
        let kept_ms = i64::try_from(self.options.kept.as_millis()).unwrap_or(i64::MAX);
        let before = WallTime(now().0.saturating_sub(kept_ms));
        for tenant in self.hall.tenants() {
            let tenant = tenant.id;
            let asked = Query::Objects(Kind::Webhook);
            // Without knowing which webhooks there are nothing may be called deleted.
            let Ok((_, View::Objects(found))) =
                self.hall.query(tenant, self.house.clone(), asked).await
            else {
                continue;
            };
            let kept: Vec<ObjectId> = found
                .into_iter()
                .filter_map(|it| match it {
                    Configured::Object { object, .. } => Some(object.id),
                    _ => None,
                })
                .collect();
            let forgotten = self
                .ledger
                .ask(move |it| it.forget(tenant, before, &kept))
                .await;
            if let Err(problem) = forgotten {
                tracing::warn!(%tenant, %problem, "Old deliveries could not be forgotten.");
            }
        }
    }
}

fn attempt(at: WallTime, took: Duration, sent: &Result<Answered, PostFault>) -> Attempt {
    let took = Millis(u64::try_from(took.as_millis()).unwrap_or(u64::MAX));
    match sent {
        Ok(answer) => {
            let problem = match answer.status {
                200..300 => None,
                300..400 => Some(format!(
                    "the receiver answered {}: redirects are not followed",
                    answer.status
                )),
                status => Some(format!("the receiver answered {status}")),
            };
            Attempt {
                at,
                took,
                status: Some(answer.status),
                problem,
                answer: answer.excerpt.clone(),
            }
        }
        Err(fault) => Attempt {
            at,
            took,
            status: None,
            problem: Some(fault.to_string()),
            answer: String::new(),
        },
    }
}

fn count(sent: &Result<Answered, PostFault>, next: Next, took: Duration) {
    let outcome = match (next, sent) {
        (Next::Delivered, _) => "delivered",
        (Next::GivenUp, _) => "given_up",
        (_, Ok(_)) => "refused",
        (_, Err(PostFault::Guard(_))) => "denied",
        (_, Err(_)) => "failed",
    };
    metrics::counter!("ringback_webhook_attempts_total", "outcome" => outcome).increment(1);
    metrics::histogram!("ringback_webhook_attempt_seconds").record(took);
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a gauge is a float; nobody has so many deliveries"
)]
const fn as_number(count: u64) -> f64 {
    count as f64
}
