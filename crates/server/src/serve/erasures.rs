//! What was erased and the journal does not know yet: the process died between the two, or a backup
//! was restored that is older than the erasure.

use ringback_ports::Hall;

/// Tells the journals. A server that cannot still serves: the persons are erased all the same, and
/// the next start tries again.
pub(super) async fn settle(hall: &dyn Hall) {
    for tenant in hall.tenants() {
        match ringback_api::settle_erasures(hall, tenant.id).await {
            Ok(0) => {}
            Ok(told) => {
                tracing::info!(tenant = %tenant.name, told, "The journal was told of erasures.");
            }
            Err(fault) => {
                tracing::error!(tenant = %tenant.name, %fault, "Erasures are not in the journal yet.");
            }
        }
    }
}
