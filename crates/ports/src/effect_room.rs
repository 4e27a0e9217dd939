//! What the hall asks of rooms that carry out effects.

use crate::envelope::TenantId;
use futures_util::future::BoxFuture;
use ringback_model::EffectId;
use ringback_model::effect::{Effect, Report};

/// A room that carries out effects of one or more kinds. The hall has made the claim durable
/// before it calls, and journals the report.
pub trait EffectRoom: Send + Sync {
    /// Its name, for journal and logs.
    fn name(&self) -> &'static str;

    /// Whether it carries out effects of this kind.
    fn takes(&self, kind: &str) -> bool;

    /// Carries one out. The effect id is the same in every attempt, so that a receiver can
    /// recognise a repetition.
    fn carry_out(
        &self,
        tenant: TenantId,
        id: EffectId,
        attempt: u8,
        effect: Effect,
    ) -> BoxFuture<'_, Report>;
}
